"""The doctor: what is wrong is named with its remedy, and nothing is written by looking."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from ingest.maildir.postbox import create_tree
from rules.postbox import Place
from rules.tasks import Receiver
from store.mails import keeping
from store.mails.keeping import Arrival
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing
from tests.house_fixture import ADMIN, make_house
from tests.servers.dovecot import DovecotServer
from tests.servers.oidc import OidcServer
from tests.servers.smtp_sink import smtp_sink
from triage import halting
from triage.cli import app as cli
from triage.cli.sign_in_look import sign_in
from triage.doctor import certificates
from triage.doctor import examine as doctor
from triage.doctor import neighbours as doctor_neighbours
from triage.doctor import safe as doctor_safe
from triage.doctor import ways as doctor_ways
from triage.doctor.finding import Grade, bad
from triage.postboxes import postbox_name
from triage.settings import Settings, check

RUN = CliRunner()


def settings(tmp_path: Path, **changes: object) -> Settings:
    raw = {
        "store": {"url": "sqlite:///postlotse.sqlite"},
        "postboxes": [
            {"kind": "maildir", "name": "SC-Ost", "region": "Ost", "root": "mail"},
        ],
    }
    return check(raw | changes, base=tmp_path)


@pytest.fixture
def ground(sqlite_url, tmp_path) -> Path:
    """A folder in which everything is there."""
    create_tree(tmp_path / "mail")
    (tmp_path / "var/eakte").mkdir(parents=True)
    return tmp_path


def grades(findings) -> dict[str, str]:
    return {one.name: one.grade.value for one in findings}


def pem(folder: Path, *, days: int) -> Path:
    """A certificate file that ends in so many days."""
    path, now = folder / "door.pem", datetime.now(tz=UTC)
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def test_on_sound_ground_only_missing_folders_are_told(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = tuple(doctor.examine(settings(ground)))
    told = grades(found)
    assert told["store"] == told["data:model"] == told["postboxes:SC-Ost"] == "good"
    assert told["postboxes:SC-Ost:folders"] == "warn", "the worker has not made them yet"
    assert told["outlets:eakte"] == "good"
    assert not (ground / "var" / "sent").exists(), "the first answer makes it"
    assert "bad" not in told.values()
    assert all(one.remedy for one in found if one.grade is not Grade.GOOD)


def test_looking_writes_nothing(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    mails = {path: path.stat().st_mtime_ns for path in (ground / "mail").rglob("*")}
    rows = dump(ground / "postlotse.sqlite")
    tuple(doctor.examine(settings(ground)))
    assert {path: path.stat().st_mtime_ns for path in (ground / "mail").rglob("*")} == mails
    assert dump(ground / "postlotse.sqlite") == rows


def test_what_is_missing_is_named_and_the_rest_is_still_looked_at(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTLOTSE_SESSION_SECRET", raising=False)
    found = {one.name: one for one in doctor.examine(settings(tmp_path))}
    told = grades(found.values())
    assert told["secrets:POSTLOTSE_SESSION_SECRET"] == "bad"
    assert told["store"] == "bad"
    assert "postlotse migrate" in found["store"].remedy
    assert told["disks:store"] != "bad", "migrate makes the folder"
    assert told["postboxes:SC-Ost"] == "bad"
    assert told["outlets:eakte"] == "bad"
    assert told["disks:SC-Ost"] == "bad"


def test_a_secret_that_is_too_short_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "short")
    told = grades(doctor.examine(settings(tmp_path)))
    assert told["secrets:POSTLOTSE_SESSION_SECRET"] == "bad"


OIDC = {
    "issuer": "https://anmeldung.example/realms/ba",
    "client_id": "postlotse",
    "public_url": "https://postlotse.example",
}
GROUP = {"name": "EZ-{agency}", "role": "clerk"}


def test_the_certificate_of_the_sign_in_service_is_read(tmp_path):
    server = OidcServer(tmp_path, now=lambda: datetime.now(tz=UTC)).start()
    try:
        oidc = OIDC | {"issuer": server.issuer, "ca_file": str(server.ca_file)}
        named = settings(tmp_path, oidc=oidc, groups=[GROUP])
        (told,) = doctor_neighbours.certificates(named)
        assert (told.name, told.grade is Grade.BAD) == ("signin:certificate", False)
        strange = settings(tmp_path, oidc=oidc | {"ca_file": None}, groups=[GROUP])
        (told,) = doctor_neighbours.certificates(strange)
        assert told.grade is Grade.BAD
        assert "Zertifikat" in told.message
    finally:
        server.stop()
    (told,) = doctor_neighbours.certificates(named)
    assert told.grade is Grade.BAD
    assert "Zertifikat" not in told.message + told.remedy, "a server that is away is no certificate"


def test_the_service_must_call_itself_as_the_configuration_does(tmp_path, monkeypatch):
    for name in ("OIDC_SECRET", "PSEUDONYM_KEY"):
        monkeypatch.setenv(f"POSTLOTSE_{name}", "x" * 40)
    server = OidcServer(tmp_path, now=lambda: datetime.now(tz=UTC)).start()
    try:
        oidc = OIDC | {"issuer": server.issuer, "ca_file": str(server.ca_file)}
        named = settings(tmp_path, oidc=oidc, groups=[GROUP])
        assert grades(sign_in(named, [])) == {"signin": "good"}
        server.issuer_said = server.issuer + "/"
        (told,) = sign_in(named, [])
        assert told.grade is Grade.BAD
        assert "signin.issuer" in told.message
        assert "oidc.issuer" in told.remedy
        assert server.issuer_said in told.message, "what to enter stands there"
        seen = [bad("signin:certificate", "", "")]
        assert not tuple(sign_in(named, seen)), "one cause is told once"
    finally:
        server.stop()


def test_a_group_or_key_for_a_place_that_there_is_not_is_told(tmp_path):
    groups = [
        {"name": "leitung", "role": "clerk", "regions": ["Wset", "Ost"]},
        {"name": "ez", "role": "clerk", "agencies": ["435", "999"]},
        {"name": "sc-{region}", "role": "clerk"},
    ]
    key = {"name": "sc-ost", "hash": "$argon2id$x", "role": "automation", "regions": ["Osten"]}
    found = settings(tmp_path, oidc=OIDC, groups=groups, keys=[key])
    told = {one.name: one.message for one in sign_in(found, [bad("signin:certificate", "", "")])}
    assert set(told) == {"groups:leitung", "groups:ez", "keys:sc-ost"}
    assert "Wset gibt es nicht" in told["groups:leitung"]
    assert "999 gibt es nicht" in told["groups:ez"]


def test_a_house_without_a_sign_in_service_says_who_comes_in(tmp_path):
    (told,) = sign_in(settings(tmp_path), [])
    assert (told.name, told.grade) == ("signin", Grade.GOOD)
    assert "[oidc]" in told.message


def test_each_https_receiver_and_the_directory_are_asked_and_no_plain_one(tmp_path, monkeypatch):
    asked = []

    def ask(host, port, speech, *, ca_file):
        asked.append((host, port))
        raise OSError

    monkeypatch.setattr(certificates, "of_server", ask)
    hooks = [
        {"name": "a", "url": "https://sc.example:8443/x", "secret_env": "H"},
        {"name": "b", "url": "http://127.0.0.1/x", "secret_env": "H"},
    ]
    task = {"receiver": "atv", "url": "https://atv.example/", "secret_env": "A"}
    ldap = {"host": "ad.example", "user": "x", "password_env": "L", "base": "DC=x"}
    named = settings(tmp_path, webhooks=hooks, tasks={"hooks": [task]}, rights={"ldap": ldap})
    told = grades(doctor_neighbours.certificates(named))
    assert asked == [("sc.example", 8443), ("atv.example", 443), ("ad.example", 636)]
    assert set(told) == {
        "webhooks:a:certificate", "tasks:atv:certificate", "rights:ldap:certificate",
    }  # fmt: skip


def test_each_variable_that_the_configuration_names_is_looked_for(tmp_path, monkeypatch):
    for name in ("POSTLOTSE_OIDC_SECRET", "POSTLOTSE_PSEUDONYM_KEY"):
        monkeypatch.setenv(name, "short")
    hook = {"receiver": "atv", "url": "https://atv.example/", "secret_env": "TASK_SECRET"}
    ldap = {"host": "ad.example", "user": "x", "password_env": "LDAP_WORD", "base": "DC=x"}
    named = settings(
        tmp_path, oidc=OIDC, groups=[GROUP], tasks={"hooks": [hook]}, rights={"ldap": ldap}
    )
    told = grades(doctor.examine(named))
    for name in ("TASK_SECRET", "LDAP_WORD", "POSTLOTSE_PSEUDONYM_KEY"):
        assert told[f"secrets:{name}"] == "bad"
    assert "secrets:POSTLOTSE_OIDC_SECRET" not in told


def test_a_file_with_a_secret_that_everybody_may_read_is_told(tmp_path, monkeypatch):
    files = {name: tmp_path / name for name in ("session", "door.key", "word")}
    for path in files.values():
        path.write_text("s" * 32)
        path.chmod(0o640)
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET_FILE", str(files["session"]))
    door = {"tls_cert": "door.pem", "tls_key": "door.key"}
    ldap = {"host": "ad.example", "user": "x", "password_file": "word", "base": "DC=x"}
    named = settings(tmp_path, door=door, rights={"ldap": ldap})
    look = {"secrets:POSTLOTSE_SESSION_SECRET", "secrets:door.tls_key",
            "secrets:rights.ldap.password_file"}  # fmt: skip
    assert look.isdisjoint(grades(doctor.examine(named)))
    for path in files.values():
        path.chmod(0o644)
    told = grades(doctor.examine(named))
    assert {name: told.get(name) for name in look} == dict.fromkeys(look, "warn")


def test_an_imap_postbox_is_logged_in_to_and_its_certificate_read(tmp_path, monkeypatch):
    with DovecotServer(users=("mitte",)) as server:
        box = {
            "kind": "imap", "name": "SC-West", "region": "West", "host": "localhost",
            "port": server.imaps_port, "user": "mitte", "password_env": "BOX",
            "ca_file": str(server.ca_file),
        }  # fmt: skip
        monkeypatch.setenv("BOX", server.password)
        told = grades(doctor_ways.postboxes(settings(tmp_path, postboxes=[box]), None))
        assert told["postboxes:SC-West"] == "good"
        assert told["postboxes:SC-West:certificate"] in {"good", "warn"}
        monkeypatch.setenv("BOX", "wrong")
        (refused, _) = doctor_ways.postboxes(settings(tmp_path, postboxes=[box]), None)
        assert refused.grade is Grade.BAD
        assert "postbox.login_refused" in refused.message
        plain = box | {"tls": "starttls", "port": server.imap_port}
        monkeypatch.setenv("BOX", server.password)
        told = grades(doctor_ways.postboxes(settings(tmp_path, postboxes=[plain]), None))
        assert told["postboxes:SC-West:certificate"] in {"good", "warn"}
        del plain["ca_file"]
        told = grades(doctor_ways.postboxes(settings(tmp_path, postboxes=[plain]), None))
        assert told["postboxes:SC-West:certificate"] == "bad"


@pytest.mark.parametrize(
    ("days", "grade"), [(-1, ["bad"]), (20, ["warn"]), (90, ["good"]), (None, [])]
)
def test_the_end_of_a_clients_secret_is_told_before_it_comes(tmp_path, monkeypatch, days, grade):
    monkeypatch.setenv("POSTLOTSE_EXCHANGE", "geheim")
    ends = None if days is None else datetime.now(tz=UTC).date() + timedelta(days=days)
    box = {
        "kind": "exchange",
        "name": "SC-Nord",
        "region": "Nord",
        "endpoint": "https://127.0.0.1:9/EWS/Exchange.asmx",
        "mailbox": "sc-nord@dienst.example",
        "user": "client",
        "password_env": "POSTLOTSE_EXCHANGE",
        "auth": "oauth2",
        "token_url": "https://127.0.0.1:9/token",
        "scope": "ews",
        "secret_ends": ends,
    }
    told = grades(doctor_ways.postboxes(settings(tmp_path, postboxes=[box]), None))
    assert [told[key] for key in told if key.endswith(":secret")] == grade


def test_the_mail_server_for_answers_is_logged_in_to_without_sending(ground):
    with smtp_sink(ground, mode="starttls") as sink:
        replies = {
            "outlet": "smtp", "host": sink.host, "port": sink.port, "ca_file": str(sink.ca_file),
        }  # fmt: skip
        told = grades(doctor_ways.outlets(settings(ground, replies=replies)))
        assert told["outlets:mail"] == "good"
        assert told["outlets:mail:certificate"] in {"good", "warn"}
        assert sink.taken == []
    told = grades(doctor_ways.outlets(settings(ground, replies=replies)))
    assert told["outlets:mail"] == told["outlets:mail:certificate"] == "bad"


@pytest.mark.parametrize(("days", "grade"), [(90, "good"), (5, "warn"), (0, "bad")])
def test_the_doors_certificate_is_told_before_it_ends(tmp_path, days, grade):
    path = pem(tmp_path, days=days)
    told = settings(tmp_path, door={"tls_cert": str(path), "tls_key": str(tmp_path / "door.key")})
    assert grades(doctor_ways.door(told)) == {"door:certificate": grade}
    ends = certificates.of_file(path)
    assert abs(ends - datetime.now(tz=UTC) - timedelta(days=days)) < timedelta(hours=1)


def test_a_file_without_a_certificate_is_told(tmp_path):
    path = tmp_path / "door.pem"
    path.write_text("nothing")
    told = settings(tmp_path, door={"tls_cert": str(path), "tls_key": str(path)})
    assert grades(doctor_ways.door(told)) == {"door:certificate": "bad"}


def test_clocks_that_differ_are_told(url, monkeypatch):
    house = make_house(url)
    (sound,) = doctor_ways.clock(house)
    assert (sound.name, sound.grade) == ("clock", Grade.GOOD)
    ahead = datetime.now(tz=UTC) + timedelta(seconds=60)
    monkeypatch.setattr(type(house.db), "now", lambda _: ahead)
    (wrong,) = doctor_ways.clock(house)
    assert wrong.grade is Grade.BAD
    assert wrong.remedy
    house.db.close()


def test_dead_letters_are_told_once(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = settings(ground)
    house = make_house(found.store.url)
    with house.db.write() as tx:
        now = house.clock()
        outgoing.order(tx, NewOutgoing("task", "key-1", {}), now=now)
        (row,) = outgoing_claims.claim(
            tx, kinds=("task",), worker="w", now=now, limit=1, lease_seconds=60
        )
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code="task.disk", now=now)
    house.db.close()
    told = [
        one.name for one in doctor.examine(found) if "dead" in one.name or "matters" in one.name
    ]
    assert told == ["matters:task"]


def test_a_postbox_that_has_mail_and_no_place_in_the_configuration_is_told(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = settings(ground)
    house = make_house(found.store.url)
    with house.db.write() as tx:
        for name in ("SC-Ost", "SC-Alt"):
            place = Place("INBOX", "maildir", "1.M1.x")
            mail = Arrival(b"x", house.clock(), "postbox", postbox=name, place=place)
            keeping.keep(tx, mail, now=house.clock())
    house.db.close()
    told = grades(doctor.examine(found))
    assert told["postbox:SC-Alt"] == "warn"
    assert "postbox:SC-Ost" not in told or told["postbox:SC-Ost"] == "good"
    assert "postbox:SC-Ost:kind" not in told


def test_after_a_rename_the_doctor_wants_the_new_name_and_no_second_rename(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = settings(ground)
    house = make_house(found.store.url)
    with house.db.write() as tx:
        mail = Arrival(
            b"x", house.clock(), "postbox", postbox="SC-Ost", place=Place("INBOX", "maildir", "1")
        )
        keeping.keep(tx, mail, now=house.clock())
    grace = timedelta(seconds=30)
    postbox_name.rename(house.db, ADMIN, "SC-Ost", "SC-O", now=house.clock(), grace=grace)
    told = next(doctor_safe.left_postboxes(found, house))
    house.db.close()
    assert (told.name, told.grade) == ("postbox:SC-O", Grade.BAD)
    assert "postbox rename" not in told.remedy


def test_a_postbox_whose_mail_is_known_by_another_kind_is_told(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = settings(ground)
    house = make_house(found.store.url)
    with house.db.write() as tx:
        place = Place("INBOX", "exchange", "AAMk")
        mail = Arrival(b"x", house.clock(), "postbox", postbox="SC-Ost", place=place)
        keeping.keep(tx, mail, now=house.clock())
    house.db.close()
    assert grades(doctor.examine(found))["postbox:SC-Ost:kind"] == "warn"


def test_an_alarm_that_stands_is_told_in_words(ground, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_SESSION_SECRET", "s" * 32)
    found = settings(ground)
    house = make_house(found.store.url)
    halting.stop_writing(house.db, ADMIN, reason="Umbau der Ordner", now=house.clock())
    house.db.close()
    told = {one.name: one.message for one in doctor.examine(found)}
    assert "auf Anordnung angehalten" in told["loops:writing:stopped"]


def test_secrets_of_sign_in_and_webhooks_are_asked_for(ground, monkeypatch):
    for variable in ("POSTLOTSE_OIDC_SECRET", "POSTLOTSE_PSEUDONYM_KEY", "HOOK"):
        monkeypatch.delenv(variable, raising=False)
    found = settings(
        ground,
        oidc={
            "issuer": "https://sso.dienst.example", "client_id": "p",
            "public_url": "https://p.dienst.example",
        },
        groups=[{"name": "admins", "role": "admin"}],
        events={"allowed_hosts": ["127.0.0.1"]},
        webhooks=[{"name": "a", "url": "http://127.0.0.1/", "secret_env": "HOOK"}],
        tasks={"drop": "nowhere"},
    )  # fmt: skip
    told = grades(doctor.examine(found))
    for variable in ("POSTLOTSE_OIDC_SECRET", "POSTLOTSE_PSEUDONYM_KEY", "HOOK"):
        assert told[f"secrets:{variable}"] == "bad"
    assert told["disks:tasks"] == "bad"


def test_receipts_that_lie_in_no_folder_are_told(ground):
    (ground / "var/eakte/quittungen").write_bytes(b"")
    told = {one.name: one for one in doctor_ways.outlets(settings(ground))}["outlets:eakte"]
    assert told.grade is Grade.BAD
    assert str(ground / "var/eakte/quittungen") in told.message


def test_a_receiver_of_tasks_without_a_folder_is_told(ground, monkeypatch):
    monkeypatch.setenv("ATV", "a" * 40)
    hook = {"receiver": "atv", "url": "https://atv.dienst.example/", "secret_env": "ATV"}
    here = settings(
        ground, tasks={"drop": "auftraege", "hooks": [hook]},
        outgoing={"hosts": ["atv.dienst.example"]},
    )  # fmt: skip
    for one in Receiver:
        (ground / "auftraege" / one.value).mkdir(parents=True)
    assert grades(doctor_neighbours.task_folders(here)) == {"outlets:tasks": "good"}
    for one in (Receiver.ATV, Receiver.VERBIS):
        (ground / "auftraege" / one.value).rmdir()
    (told,) = doctor_neighbours.task_folders(here)
    assert told.grade is Grade.WARN
    assert "Empfängern: verbis. " in told.message, "who gets posts needs no folder"


def test_what_could_not_be_delivered_is_counted_by_kind(url):
    house = make_house(url)
    with house.db.write() as tx:
        now = house.clock()
        outgoing.order(tx, NewOutgoing("eakte", "key-1", {}), now=now)
        (row,) = outgoing_claims.claim(
            tx, kinds=("eakte",), worker="w", now=now, limit=1, lease_seconds=60
        )
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code="eakte.disk", now=now)
    (found,) = doctor_ways.matters(house)
    assert (found.name, found.grade) == ("matters:eakte", Grade.BAD)
    house.db.close()


def test_the_command_ends_with_1_and_speaks_json(tmp_path):
    file = tmp_path / "postlotse.toml"
    file.write_text('[store]\nurl = "sqlite:///postlotse.sqlite"\n')
    result = RUN.invoke(cli.app, ["doctor", "--config", str(file), "--json"])
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert {"name", "grade", "message", "remedy"} == set(lines[0])
    result = RUN.invoke(cli.app, ["doctor", "--config", str(file)])
    assert "Fehler" in result.output
