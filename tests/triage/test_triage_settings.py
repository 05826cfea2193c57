"""The configuration is checked as a whole, and every error names its place and a hint."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from rules.errors import Refused
from triage.settings import Settings, check, load, secret
from triage.settings.postbox import MaildirSettings
from triage.wiring.judging import load_layouts
from triage.wiring.policy import policy_of
from triage.wiring.postboxes import open_postbox

BOX = {"kind": "maildir", "name": "SC-Ost", "region": "Ost", "root": "mail/ost"}


def test_all_errors_come_at_once_each_with_its_path():
    with pytest.raises(Refused) as refused:
        check(
            {
                "store": {"urll": "sqlite:///x"},
                "postboxes": [BOX | {"mode": "delete"}, {"kind": "pop3", "name": "x"}],
                "desk": {"port": 70000},
            },
            base=Path("/etc"),
        )
    assert refused.value.code == "settings.invalid"
    places = [line.split(":")[0] for line in refused.value.details["errors"]]
    assert places == ["store.urll", "postboxes.0.maildir.mode", "postboxes.1", "desk.port"]
    assert "no such setting" in refused.value.details["errors"][0]


EXCHANGE = {
    "kind": "exchange",
    "name": "SC-Nord",
    "region": "Nord",
    "endpoint": "https://mail.dienst.example/EWS/Exchange.asmx",
    "mailbox": "sc-nord@dienst.example",
    "user": r"DIENST\postlotse",
    "password_env": "POSTLOTSE_EXCHANGE",
}

LINE = {"outlet": "webdav", "url": "https://e.example", "client_cert": "c", "client_key": "k"}
HOOK = {"receiver": "atv", "url": "https://atv.example/h", "secret_env": "POSTLOTSE_ATV"}


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"postboxes": [BOX, BOX]}, "SC-Ost"),
        ({"desk": {"demo": True, "host": "0.0.0.0"}}, "loopback"),  # noqa: S104 - refused here
        ({"desk": {"phone": "rufen Sie an"}}, "approved text"),
        ({"deadlines": {"days": {"urlaub": 3}}}, "days"),
        ({"deadlines": {"days": {"arbeitslos": 11}}}, "days.arbeitslos: at most 10"),
        ({"deadlines": {"days": {"kein_anliegen": 3}}}, "days.kein_anliegen"),
        ({"postboxes": [EXCHANGE | {"endpoint": "http://mail.example/EWS"}]}, "endpoint"),
        ({"postboxes": [EXCHANGE | {"mailbox": "SC Nord"}]}, "mailbox"),
        ({"postboxes": [EXCHANGE | {"auth": "oauth2", "scope": "ews"}]}, "token_url"),
        ({"postboxes": [EXCHANGE | {"scope": "ews"}]}, "token_url"),
        ({"postboxes": [EXCHANGE | {"secret_ends": "2027-03-31"}]}, "secret_ends"),
        ({"postboxes": [EXCHANGE | {"auth": "kerberos"}]}, "ticket"),
        ({"postboxes": [EXCHANGE | {"user": ""}]}, "need both"),
        ({"door": {"host": "192.0.2.1"}}, "tls_cert"),
        ({"marks": {"done": "Fertig; Ende"}}, "semicolon"),
        ({"marks": {"people": [{"mark": "Krank", "effect": "correct"}]}}, "concern"),
        ({"eakte": {"outlet": "http", "url": "https://e.example"}}, "client_cert"),
        ({"eakte": LINE | {"url": "http://e.example"}}, "https"),
        ({"tasks": {"hooks": [HOOK, HOOK]}}, "atv"),
        ({"tasks": {"hooks": [HOOK | {"receiver": "eakte"}]}}, "receiver"),
        ({"door": {"tls_key": "key.pem"}}, "belong together"),
        ({"door": {"allowed_clients": ["überall"]}}, "allowed_clients"),
    ],
)
def test_what_no_single_value_shows_is_refused_too(raw, word):
    with pytest.raises(Refused) as refused:
        check(raw, base=Path("/etc"))
    assert refused.value.code == "settings.invalid"
    assert word in refused.value.message


def test_paths_start_at_the_file(tmp_path):
    file = tmp_path / "postlotse.toml"
    file.write_text(
        '[store]\nurl = "sqlite:///db/p.sqlite"\n[[postboxes]]\nkind = "maildir"\nname = "a"\n'
        'region = "Ost"\nroot = "mail"\n[[postboxes]]\nkind = "imap"\nname = "b"\nregion = "Ost"\n'
        'host = "h"\nuser = "u"\npassword_env = "P"\nca_file = "ca.pem"\n'
    )
    settings = load(file)
    first, second = settings.postboxes
    assert isinstance(first, MaildirSettings)
    assert first.root == tmp_path / "mail"
    assert second.ca_file == tmp_path / "ca.pem"
    assert settings.store.url == f"sqlite:///{tmp_path}/db/p.sqlite"


def test_a_door_has_its_paths_at_the_file_and_opens_to_others_with_a_certificate():
    raw = {"door": {"host": "192.0.2.1", "tls_cert": "c.pem", "tls_key": "k.pem"}}
    door = check(raw, base=Path("/etc")).door
    assert (door.tls_cert, door.tls_key) == (Path("/etc/c.pem"), Path("/etc/k.pem"))
    assert check({}, base=Path("/etc")).door is None


def test_an_absolute_database_stays_where_it_is():
    settings = check({"store": {"url": "sqlite:////srv/p.sqlite"}}, base=Path("/etc"))
    assert settings.store.url == "sqlite:////srv/p.sqlite"


def test_a_configuration_that_cannot_be_read_is_said_and_is_no_traceback(tmp_path):
    with pytest.raises(Refused) as refused:
        load(tmp_path)
    assert refused.value.code == "settings.unreadable"
    assert str(tmp_path) in refused.value.message


def test_missing_and_broken_files_are_told_apart(tmp_path):
    with pytest.raises(Refused) as missing:
        load(tmp_path / "nowhere.toml")
    assert missing.value.code == "settings.missing"
    broken = tmp_path / "broken.toml"
    broken.write_text("[store\n")
    with pytest.raises(Refused) as not_toml:
        load(broken)
    assert not_toml.value.code == "settings.not_toml"


def test_files_that_windows_saved_as_utf_8_are_read_like_others(tmp_path):
    file = tmp_path / "postlotse.toml"
    file.write_text("[desk]\nlease_minutes = 20\n", encoding="utf-8-sig")
    assert load(file).desk.lease_minutes == 20
    for layout in (Path(__file__).parents[2] / "domain/forms").glob("*.toml"):
        (tmp_path / layout.name).write_text(layout.read_text("utf-8"), encoding="utf-8-sig")
    file.unlink()
    assert load_layouts(tmp_path) == load_layouts(None)


def test_a_secret_comes_from_the_environment_or_is_named():
    assert secret("POSTLOTSE_X", {"POSTLOTSE_X": "geheim"}) == "geheim"
    with pytest.raises(Refused) as missing:
        secret("POSTLOTSE_X", {"POSTLOTSE_X": ""})
    assert missing.value.code == "settings.secret_missing"
    assert missing.value.details == {"name": "POSTLOTSE_X"}


def test_an_exchange_postbox_is_opened_only_where_one_is_configured(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_EXCHANGE", "geheim")
    settings = check({"postboxes": [EXCHANGE | {"ca_file": "ca.pem"}]}, base=tmp_path)
    (box,) = settings.postboxes
    assert box.ca_file == tmp_path / "ca.pem"
    opened = open_postbox(box)
    assert opened.name == "SC-Nord"
    assert opened.moves_whole()
    code = (
        "import sys; from triage import settings; from triage.wiring import postboxes;"
        "from pathlib import Path;"
        f"parsed = settings.check({{'postboxes': [{BOX!r}]}}, base=Path('/'));"
        "postboxes.open_postbox(parsed.postboxes[0]);"
        "print([m for m in ('exchangelib', 'lxml', 'requests', 'spnego') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("mode", "observed", "sends"),
    [("observe", True, False), ("sort", False, False), ("full", False, True), (None, False, True)],
)
def test_a_mode_says_whether_a_postbox_is_written_into_and_whether_anything_leaves(
    tmp_path, mode, observed, sends
):
    box = {"kind": "maildir", "name": "a", "region": "Ost", "root": "mail"}
    found = check({"postboxes": [box | ({"mode": mode} if mode else {})]}, base=tmp_path)
    (plan,) = policy_of(found).postboxes
    assert (plan.is_observed, plan.sends) == (observed, sends)


def parts_of(annotation):
    """The tables inside an annotation of the model."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [found for one in get_args(annotation) for found in parts_of(one)]


def tables(part=Settings):
    """Every table that a file may have, each named once by its class."""
    below = [one for field in part.model_fields.values() for one in parts_of(field.annotation)]
    return {part} | {found for one in below for found in tables(one)}


@pytest.mark.parametrize("table", sorted(tables(), key=lambda one: one.__name__))
def test_every_path_of_every_table_starts_at_the_file(table):
    paths = [
        name
        for name, field in table.model_fields.items()
        if Path in {field.annotation, *get_args(field.annotation)}
    ]
    given = table.model_construct(**dict.fromkeys(paths, Path("here")))
    at_file = given.anchored(Path("/etc"))
    assert [getattr(at_file, name) for name in paths] == [Path("/etc/here")] * len(paths)
