"""The house as an office would run it: Dovecot, PostgreSQL, a smarthost, keys, two processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from imapclient import IMAPClient

from outbox import eakte_demo
from tests.house_fixture import eml
from tests.journey.conftest import Running, is_ready, start, wait_until
from tests.journey.test_journey_desk import KONTO
from tests.quick_key import quick_key
from tests.servers.dovecot import DovecotServer
from tests.servers.postgres import PostgresServer
from tests.servers.smtp_sink import SmtpSink, smtp_sink
from triage import wiring

pytestmark = pytest.mark.journey


@dataclass
class Office:
    """Everything that runs, and the keys of its two machines."""

    desk: Running
    dovecot: DovecotServer
    sink: SmtpSink
    drop: Path
    clerk: dict[str, str]
    rules: dict[str, str]

    def call(self, method: str, path: str, who: dict[str, str], **words) -> httpx.Response:
        headers = who | words.pop("headers", {})
        return httpx.request(
            method, f"{self.desk.url}/v1{path}", headers=headers, timeout=30, **words
        )

    def folders(self) -> dict[str, int]:
        context = self.dovecot.client_context()
        with IMAPClient("localhost", self.dovecot.imaps_port, ssl_context=context) as client:
            client.login("mitte", self.dovecot.password)
            names = [
                name
                for _, _, name in client.list_folders()
                if not name.startswith(("shared", "Public"))
            ]
            counts = {n: client.folder_status(n, ["MESSAGES"])[b"MESSAGES"] for n in names}
        return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    clerk_key, clerk_hash = quick_key("ez-kassel")
    rules_key, rules_hash = quick_key("sc-rules")
    (folder / "eakte").mkdir()
    with (
        DovecotServer(users=("mitte",)) as dovecot,
        PostgresServer() as postgres,
        smtp_sink(folder, mode="starttls") as sink,
    ):
        (folder / "postlotse.toml").write_text(
            f"""
[store]
url = "{postgres.create("office")}"
[[postboxes]]
kind = "imap"
name = "SC-Südwest"
region = "Südwest"
host = "localhost"
port = {dovecot.imaps_port}
user = "mitte"
password_env = "PB_PASSWORD"
ca_file = "{dovecot.ca_file}"
[worker]
poll_seconds = 0.3
[desk]
port = 0
[replies]
outlet = "smtp"
host = "127.0.0.1"
port = {sink.port}
ca_file = "{sink.ca_file}"
[eakte]
drop = "eakte"
[[keys]]
name = "ez-kassel"
hash = "{clerk_hash}"
role = "clerk"
agencies = ["435"]
[[keys]]
name = "sc-rules"
hash = "{rules_hash}"
role = "automation"
"""
        )
        config = str(folder / "postlotse.toml")
        with pytest.MonkeyPatch.context() as environ:
            environ.setenv("PB_PASSWORD", dovecot.password)
            environ.setenv("POSTLOTSE_SESSION_SECRET", "s" * 48)
            migrated = subprocess.run(
                [sys.executable, "-m", "triage", "migrate", "-c", config], check=True,
                capture_output=True, text=True,
            )  # fmt: skip
            assert "revision" in migrated.stdout
            desk = start(folder, "serve", "-c", config)
            with (folder / "worker.txt").open("wb") as told:
                worker = subprocess.Popen(
                    [sys.executable, "-m", "triage", "work", "-c", config], stderr=told
                )
            yield Office(
                desk, dovecot, sink, folder / "eakte",
                {"Authorization": f"Bearer {clerk_key}"}, {"Authorization": f"Bearer {rules_key}"},
            )  # fmt: skip
            worker.terminate()
            assert worker.wait(60) == 0
            assert desk.stop() == 0


def test_a_mail_goes_from_dovecot_to_receipt_and_answer(office: Office):
    office.dovecot.deliver("mitte", eml("Neue Bankverbindung", KONTO))

    def filed() -> bool:
        return office.folders() == {"435 Kassel/Bankverbindung": 1}

    wait_until(filed, seconds=90, every=1)
    taken = office.call("POST", "/agencies/435/items/next", office.clerk)
    assert taken.status_code == 200
    item, token = taken.json()["item_id"], taken.json()["lease_token"]
    further = office.call("POST", "/agencies/435/items/next", office.clerk)
    assert (further.status_code, further.json()["code"]) == (409, "item.open_claim")
    held = {"X-Lease-Token": token}

    early = office.call(
        "POST", f"/items/{item}/close", office.clerk, headers=held, json={"reason": "done"}
    )
    assert early.json()["code"] == "item.receipt_missing"

    offered = office.call("GET", f"/items/{item}/texts", office.clerk).json()
    text = offered["texts"][0]
    answer = {"text_id": text["id"], "version": text["version"], "values": {}}
    sent = office.call("POST", f"/items/{item}/replies", office.clerk, headers=held, json=answer)
    assert sent.status_code == 202
    forged = office.call(
        "POST", f"/items/{item}/replies", office.clerk, headers=held,
        json=answer | {"body": "Guten Tag, wir überweisen sofort."},
    )  # fmt: skip
    assert (forged.status_code, forged.json()["code"]) == (409, "reply.differs")

    once = held | {"Idempotency-Key": "hand-over-1"}
    first = office.call("POST", f"/items/{item}/handover", office.clerk, headers=once, json={})
    again = office.call("POST", f"/items/{item}/handover", office.clerk, headers=once, json={})
    assert (first.status_code, first.content) == (again.status_code, again.content)

    def receipted() -> bool:
        eakte_demo.answer_once(office.drop, now=wiring.utc_now(), after_seconds=0)
        view = office.call("GET", f"/items/{item}", office.clerk).json()
        return view["item"]["eakte"] == "received"

    wait_until(receipted, seconds=60, every=0.5)
    closed = office.call(
        "POST", f"/items/{item}/close", office.clerk, headers=held, json={"reason": "handed_over"}
    )
    assert closed.status_code == 204
    stale = office.call(
        "POST", f"/items/{item}/close", office.clerk, headers=held, json={"reason": "done"}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "item.lease_stale")

    def answered() -> bool:
        return len(office.sink.taken) == 1

    wait_until(answered)
    assert b"DE37" not in office.sink.taken[0].data


def test_a_machine_hands_in_once_whatever_it_repeats(office: Office):
    headers = {"Content-Type": "message/rfc822", "Idempotency-Key": "mail-1"}
    # Another agency's than the clerk's: the tests share the office, and she counts her items.
    mail = eml("Krankmeldung", "Ich bin bis Freitag krankgeschrieben. 36037 Fulda")
    answers = [
        office.call("POST", "/mails", office.rules, headers=headers, content=mail) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    number = answers[0].json()["message_id"]
    original = office.call("GET", f"/mails/{number}/original", office.rules)
    assert original.content == mail
    assert original.headers["x-content-type-options"] == "nosniff"
    denied = office.call("POST", "/agencies/435/items/next", office.rules)
    assert denied.status_code == 403


def test_who_has_no_key_gets_nothing_and_health_tells_the_worker(office: Office):
    assert httpx.get(f"{office.desk.url}/v1/items/1").status_code == 401
    assert is_ready(office.desk.url)

    def told() -> bool:
        checks = httpx.get(f"{office.desk.url}/health/ready").json()["checks"]
        return "postbox:SC-Südwest" in {check["name"] for check in checks}

    wait_until(told)


def test_the_logs_of_both_processes_hold_nothing_of_the_mails(office: Office):
    logs = [office.desk.log, office.desk.folder / "worker.txt"]
    lines = [line for log in logs for line in log.read_text().splitlines() if line]
    assert all(json.loads(line)["event"] for line in lines)
    told = "\n".join(lines)
    for secret in ("alex@post.example", "DE37", "384512", "Musterfeld", "Bankverbindung,", "krank"):
        assert secret not in told
