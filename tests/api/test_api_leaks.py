"""Promise 8, tried on the demo's mails: the whole way, and not a word of them beside it.

Everything that leaves the house beside the mail's own pages is caught: log lines, other loggers,
the trail, metrics, health, error answers, and the proof of a deletion. Then each name, address,
number and sentence of the mails is searched in it.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path

import pytest

from api.app import make_app
from api.doors import ApiKey
from ingest.maildir.postbox import MaildirPostbox, create_tree
from outbox.eakte import DirectoryOutlet
from outbox.eakte_demo import answer_once
from outbox.sent_maildir import SentMaildir
from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError
from rules.mail import ParsedMail
from store.processes import leases
from store.trail import audit
from tests import one_sorter
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import ADMIN, Clock, make_house, one_by_one
from tests.quick_key import quick_key
from triage import aside, completeness, figures, log, observed, receive, reconcile, rounds, wiring
from triage.answers import reply
from triage.answers.reply import Choice
from triage.demo import mails as demo_mails
from triage.filing import filing
from triage.house import House, PostboxPlan
from triage.send import Outlets
from triage.settings import Settings
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import outside as sweep_outside
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run
from triage.sweep import words as sweep_words

MAILS = 400
"""As many of the corpus as the demo lies in its postboxes, and its ugly ones."""
REGIONS = ("Nord", "West", "Südwest", "Süd", "Ost")
CLERK, _CLERK_HASH = quick_key("ez")
ROBOT, _ROBOT_HASH = quick_key("robot")
CHIEF, _CHIEF_HASH = quick_key("chief")
KEYS = (
    ApiKey("ez", _CLERK_HASH, Role.CLERK),
    ApiKey("robot", _ROBOT_HASH, Role.AUTOMATION),
    ApiKey("chief", _CHIEF_HASH, Role.ADMIN),
)


@dataclass
class QuotingJudge:
    """The real judge, but at some mails its bug quotes the mail in its exception."""

    inner: object

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str):
        if int(sha256(mail.body.new.encode()).hexdigest(), 16) % 40 == 0:
            raise ValueError(f"no label for {mail.sender}: {mail.subject} {mail.body.new}")
        return self.inner.judge(mail, received_at=received_at, mailbox=mailbox)

    judge_many = one_by_one


class QuotingSent(SentMaildir):
    """An outlet whose library puts the mail into its exception."""

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        if int(sha256(data).hexdigest(), 16) % 3 == 0:
            raise RuntimeError(f"550 no such user {recipient}: {data!r}")
        return super().send(envelope_from, recipient, data)


@dataclass
class Office:
    """A house with five postboxes, its doors, and what was caught of it."""

    house: House
    clock: Clock
    folder: Path
    boxes: dict[str, MaildirPostbox] = field(default_factory=dict)
    caught: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = make_app(self.house, door_settings(keys=KEYS, demo=True))
        self.ez, self.robot, self.chief, self.nobody = (
            DoorClient(app, bearer(key) if key else None) for key in (CLERK, ROBOT, CHIEF, "")
        )

    @property
    def outlets(self) -> Outlets:
        return Outlets(
            eakte=DirectoryOutlet(self.folder / "drop", clock=self.clock),
            mail=QuotingSent(self.folder / "sent"),
        )

    def note(self, value: object) -> None:
        self.caught.append(str(value))

    def refused(self, response) -> None:
        """An error answer is read by strangers' programs and proxies: it is searched, too."""
        assert response.status_code >= 400, response.text
        self.caught.append(response.text)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "drop").mkdir()
    clock = Clock()
    judging = wiring.build_judging(Settings())
    house = make_house(
        f"sqlite:///{tmp_path / 'p.sqlite'}", clock=clock, judge=QuotingJudge(judging.judge)
    )
    plans = tuple(PostboxPlan(f"SC-{region}", region, False, True) for region in REGIONS)
    house = replace(house, policy=replace(house.policy, postboxes=plans, batch_mails=200))
    made = Office(house, clock, tmp_path)
    for region in REGIONS:
        create_tree(tmp_path / region)
        made.boxes[region] = MaildirPostbox(
            f"SC-{region}", tmp_path / region, size_limit_bytes=1_000_000
        )
    yield made
    house.db.close()


def serve(office: Office, *, turns: int = 1) -> None:
    """What the workers do, with fresh leases."""
    for _ in range(turns):
        office.clock.forward(seconds=200)
        for region, box in office.boxes.items():
            with office.house.db.write() as tx:
                lease = leases.take(
                    tx, f"postbox:{box.name}", owner="w-1", now=office.clock(), seconds=150
                )
            assert lease is not None
            while receive.receive(office.house, box, lease, region=region).kept:
                pass
            while one_sorter.sort_pending(office.house):
                pass
            while filing.file_due(office.house, box, lease).done:
                pass
            reconcile.reconcile(office.house, box, lease)
            sweep_outside.from_postbox(office.house, box, lease)
        rounds.send_round(office.house, office.outlets, "w-1")
        answer_once(office.folder / "drop", now=office.clock(), after_seconds=-(10**9))
        rounds.send_round(office.house, office.outlets, "w-1")
        rounds.keep_order(office.house, "w-1")


def work(office: Office, lines: list[str]) -> None:
    """Clerks take, hand over, answer, park, return, forward, correct and close."""
    for turn, code in enumerate(lines):
        taken = office.ez.post(f"/v1/agencies/{code}/items/next")
        if taken.status_code != 200:
            continue
        claim = taken.json()
        url, token = f"/v1/items/{claim['item_id']}", {"X-Lease-Token": claim["lease_token"]}
        shown = office.ez.get(url).json()
        said = str(shown.get("subject", ""))
        answer(office, claim["item_id"], claim["lease_token"])
        deeds = (
            ("handover", {"close_when_received": True}),
            ("waive", {"reason": f"Nur zur Kenntnis: {said}"[:200]}),
            ("park", {"until": "2027-01-08", "reason": f"Rückfrage zu {said}"[:200]}),
            ("forward", {"agency_code": "411", "reason": f"Zieht um: {said}"[:200]}),
            ("correction", {"concerns": ["au"], "payment_relevant": "yes"}),
            ("return", {"reason": f"Gehört zum SC: {said}"[:200]}),
        )
        deed, body = deeds[turn % len(deeds)]
        done = office.ez.post(f"{url}/{deed}", json=body, headers=token)
        if done.status_code >= 400:
            office.refused(done)
        closed = office.ez.post(f"{url}/close", json={"reason": "done"}, headers=token)
        if closed.status_code >= 400:
            office.refused(closed)


def answer(office: Office, item_id: int, token: str) -> None:
    """With the first text that fits; where none may go, the refusal is searched."""
    me = Caller("ez", Role.CLERK, agencies=None)
    try:
        text = reply.proposals(office.house, me, item_id).texts[0]
        values = reply.defaults(office.house, me, item_id, text.id)
        reply.order(office.house, me, item_id, token, Choice(text.id, text.version, values))
    except IndexError:
        pass
    except HouseError as exc:
        office.note((exc.code, exc.message, exc.details))


def ask_wrongly(office: Office, line) -> None:
    """What careless programs send: content where none belongs."""
    said = f"{line.sender} {line.subject} {line.body}"
    office.refused(office.robot.post("/v1/verdicts", json={"text": said}))
    office.refused(office.robot.post("/v1/mails", json={"raw": said, "mailbox": line.sender}))
    office.refused(office.ez.get(f"/v1/items/{line.kundennummer or line.sender}"))
    office.refused(office.ez.post("/v1/items/1/park", json={"until": said, "reason": said}))
    office.refused(office.chief.post("/v1/admin/retention/holds", json={
        "kind": said, "reference": line.sender, "message_id": said,
    }))  # fmt: skip
    office.refused(office.nobody.get(f"/v1/mails/1?note={line.kundennummer}"))
    office.refused(office.chief.get(f"/v1/admin/completeness?day={line.sender}"))


def tell_all(office: Office) -> None:
    """What the house tells beside its mail: trail, metrics, health, figures, proofs."""
    office.note(office.nobody.get("/metrics").text)
    office.note(office.nobody.get("/health/ready").text)
    for path in ("completeness", "postboxes", "figures", "outgoing?state=sent&state=dead",
                 "trial", "retention", "retention/runs", "retention/holds"):  # fmt: skip
        response = office.chief.get(f"/v1/admin/{path}")
        assert response.status_code == 200, path
        office.note(response.text)
    with office.house.db.read() as tx:
        for entry in audit.listing(tx, limit=100_000):
            office.note((entry.actor, entry.action, entry.subject, entry.details))
    office.note(completeness.proof_of_day(office.house, ADMIN))
    office.note(observed.report(office.house, ADMIN))
    office.note(figures.overview(office.house, ADMIN))


def delete_all(office: Office) -> None:
    office.clock.forward(days=500)
    for reason, _ in ((row, 0) for row in ("mail.newsletter", "mail.machine", "bug")):
        aside.note_shown(
            office.house, ADMIN, aside.listing(office.house, ADMIN, reason_code=reason)
        )
        sweep_holds.see(office.house, ADMIN, reason_code=reason, until=10**6)
    found = sweep.preview(office.house, ADMIN)
    number = sweep.order(office.house, ADMIN, hash_=found.hash)
    sweep_run.run(office.house, office.outlets, "cli", number)
    serve(office)
    proof = sweep_proof.proof(office.house, ADMIN, number)
    # How many were closed before is the judge's to say; enough to have left words somewhere.
    assert proof.erased >= 10
    office.note(json.dumps(sweep_proof.as_json(proof), ensure_ascii=False))
    office.note("\n".join(sweep_words.proof_lines(proof)))


def plain(text: str) -> str:
    """One spelling for search: escapes undone, blanks as one, small letters."""
    undone = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return " ".join(undone.replace("\\n", " ").casefold().split())


def needles_of(line) -> Iterator[str]:
    """Names, addresses, numbers, streets, and each sentence of five words and more."""
    name, address = parseaddr(line.sender)
    yield address
    yield from (word for word in (name, *line.attachments) if len(word) > 12)
    for number in filter(None, (line.kundennummer, line.iban)):
        yield number
        yield " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    rows = [row.strip(" ,.") for row in line.body.splitlines()]
    yield from (row for row in rows if NAME.fullmatch(row) or STREET.search(row))
    for sentence in re.split(r"(?<=[.!?])\s+|\n", f"{line.subject}\n{line.body}"):
        if len(sentence.split()) >= 5:
            yield sentence.strip()


NAME = re.compile(r"[A-ZÄÖÜ][a-zäöüß]+(?: [A-ZÄÖÜ][\w-]+){1,2}")
STREET = re.compile(r"(?:straße|str\.|weg|gasse|allee|platz) \d")
HOUSE_WORDS = {
    plain(word)
    for word in ("Mit freundlichen Grüßen", "Freundliche Grüße", "Viele Grüße", "Beste Grüße")
}


def test_not_a_word_of_any_mail_stands_beside_it(office, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    # The test's own client is no part of the house.
    caplog.set_level(logging.WARNING, logger="httpx")
    log.configure(json_lines=True, level="DEBUG")
    directory = office.house.directory
    samples = list(demo_mails.backlog(directory, count=MAILS))
    for sample in samples:
        office.boxes[sample.region].append("INBOX", sample.data, office.clock())
    serve(office)
    for sample in samples[20:30]:
        handed = office.robot.post(
            "/v1/mails", content=sample.data, headers={"Content-Type": "message/rfc822"}
        )
        assert handed.status_code in {201, 422}
    with office.house.db.read() as tx:
        run = tx.connection.exec_driver_sql
        lines = [code for (code,) in run("SELECT agency_code FROM item ORDER BY id") if code]
    with office.house.db.write() as tx:
        # The judge of this office takes nearly all for forms, which are answered elsewhere.
        tx.connection.exec_driver_sql("UPDATE item SET channel = 'freie_email'")
    work(office, lines[:80])
    by_id = {line.id: line for line in demo_mails.corpus_lines()}
    used = [by_id[sample.name] for sample in samples if sample.name in by_id]
    for line in used[:10]:
        ask_wrongly(office, line)
    serve(office, turns=2)
    tell_all(office)
    delete_all(office)
    tell_all(office)
    streams = capsys.readouterr()
    office.caught += [streams.err, streams.out, caplog.text]
    told = plain("\n".join(office.caught))
    assert "mail.unsortable" in told, "the bug that quotes mail was logged"
    assert "outgoing.broken" in told
    assert len(used) == MAILS
    needles = {plain(word) for line in used for word in needles_of(line)} - HOUSE_WORDS
    assert len(needles) > 3 * MAILS
    assert sorted(needle for needle in needles if needle in told) == []
    assert re.findall(r"\bde\d{20}\b|\b\d{3}[a-z]\d{6}\b", told) == []


def test_the_search_finds_what_it_looks_for():
    (line,) = [line for line in demo_mails.corpus_lines() if line.id == "a-001"]
    needles = {plain(word) for word in needles_of(line)}
    leaked = json.dumps({"event": "x", "to": line.body[-200:]})
    assert [needle for needle in needles if needle in plain(leaked)]
    assert plain("831D204417") in needles
    assert plain("Heike Brandl") in needles
