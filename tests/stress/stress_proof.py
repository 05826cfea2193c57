"""The proof by content: what the world did against what server and ledger hold in the end."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ingest.imap.session import connect
from rules.ledger import LedgerState, OpState
from rules.postbox import Place
from store.database.engine import Database
from store.mails import originals
from store.tables.ledger import SightingState, item, message, op, sighting
from tests.stress.stress_office import BOXES, Office
from tests.stress.stress_truth import INBOX, Sent, Truth, Way, token_of


@dataclass(frozen=True, slots=True)
class Lying:
    """One mail on the server."""

    box: str
    place: Place
    sha256: str
    token: str
    flags: frozenset[bytes]


@dataclass(slots=True)
class Row:
    """One message of the ledger with its places, its item count, and the folder it was sent to."""

    id: int
    token: str
    source: str
    box: str
    sha256: str
    state: LedgerState
    places: list[Place] = field(default_factory=list)
    items: int = 0
    filed_to: str = ""


@dataclass(slots=True)
class Findings:
    """What is wrong, by kind, each with its tokens; what was counted on the way.

    `stories` are lines that tell what was done with some of the wrong mails.
    """

    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counted: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled or misplaced."""
        return not any(self.wrong.values())


def on_server(office: Office) -> list[Lying]:
    """All mails in all folders of both postboxes."""
    found: list[Lying] = []
    for box in BOXES:
        session = connect(office.account(box))
        try:
            for _, _, name in session.client.list_folders():
                folder = session.names.to_human(name)
                if folder is None or folder.startswith(("shared", "Public")):
                    continue
                found += _in_folder(session, box, folder)
        finally:
            session.end()
    return found


def _in_folder(session: Any, box: str, folder: str) -> Iterable[Lying]:
    opened = session.examine(folder)
    uids = session.client.search(["ALL"])
    for start in range(0, len(uids), 50):
        answers = session.client.fetch(uids[start : start + 50], ["BODY.PEEK[]", "FLAGS"])
        for uid, answer in answers.items():
            data = answer[b"BODY[]"]
            yield Lying(
                box, Place(folder, opened.epoch, str(uid)), hashlib.sha256(data).hexdigest(),
                token_of(data), frozenset(answer[b"FLAGS"]) - {b"\\Recent"},
            )  # fmt: skip


def in_ledger(db: Database) -> dict[int, Row]:
    """All messages, with the token out of the bytes that are kept."""
    with db.read() as tx:
        rows = {
            row.id: Row(
                row.id, token_of(originals.read(tx, row.sha256) or b""), row.source,
                row.postbox, row.sha256, row.state,
            )
            for row in tx.run(
                sa.select(
                    message.c.id, message.c.sha256, message.c.source, message.c.postbox,
                    message.c.state,
                )
            ).all()
        }  # fmt: skip
        # A mail that is kept between two of these questions is seen when the proof is asked again.
        there = tuple(rows)
        lives = sa.select(sighting).where(
            sighting.c.state == SightingState.LIVE, sighting.c.message_id.in_(there)
        )
        for row in tx.run(lives):
            rows[row.message_id].places.append(Place(row.folder, row.epoch, row.uid))
        for row in tx.run(
            sa.select(item.c.message_id, sa.func.count())
            .where(item.c.message_id.in_(there))
            .group_by(item.c.message_id)
        ):
            rows[row[0]].items = row[1]
        acts = sa.select(op.c.message_id, op.c.dst_folder).order_by(op.c.id)
        for row in tx.run(acts.where(op.c.message_id.in_(there))):
            rows[row.message_id].filed_to = row.dst_folder
    return rows


def waiting(db: Database) -> int:
    """Mails that wait to be sorted or moved."""
    with db.read() as tx:
        kept = sa.select(sa.func.count()).where(message.c.state == LedgerState.KEPT)
        open_ = sa.select(sa.func.count()).where(op.c.state.in_([OpState.NEW, OpState.SENT]))
        number: int = tx.run(kept).scalar_one() + tx.run(open_).scalar_one()
    return number


def prove(truth: Truth, lying: list[Lying], rows: dict[int, Row]) -> Findings:
    """Hold the three against each other."""
    found = Findings()
    ledger: dict[str, list[Row]] = defaultdict(list)
    server: dict[str, list[Lying]] = defaultdict(list)
    for row in rows.values():
        ledger[row.token].append(row)
    for mail in lying:
        server[mail.token].append(mail)
    for sent in truth.mails():
        _one(found, sent, ledger.pop(sent.token, []), server.pop(sent.token, []))
    for token in (*ledger, *server):
        found.wrong["never sent"].append(token or "?")
    _places(found, lying, rows)
    put_in = {sent.token for sent in truth.mails() if _is_put_in(sent)}
    for mail in lying:
        if mail.place.folder == INBOX and mail.token not in put_in:
            found.wrong["still in the INBOX"].append(mail.token)
    return found


def _is_put_in(sent: Sent) -> bool:
    """Whether a person put it into the INBOX: there it stays."""
    return bool(sent.raced or sent.moves_in() or sent.copies_in())


def _one(found: Findings, sent: Sent, rows: list[Row], lying: list[Lying]) -> None:
    wrong, token = found.wrong, sent.token
    found.counted[f"mails by {sent.way}"] += 1
    if sent.way is Way.DOOR:
        found.counted["not taken by the door in time"] += not sent.accepted
        if not sent.fits(len(rows), gone=0):
            wrong["lost" if len(rows) < sent.accepted else "doubled"].append(token)
        if any(row.sha256 != sent.sha256 for row in rows):
            wrong["changed"].append(token)
    elif sent.raced:
        found.counted["not promised: a person's act met ours or got no answer"] += 1
        found.counted["of these, more copies than rows"] += len(lying) > len(rows)
        found.counted["of these, put elsewhere before we saw them"] += bool(lying and not rows)
        if not rows and not lying and sent.accepted and not sent.removal_tried:
            wrong["lost"].append(token)
    else:
        _in_postbox(found, sent, rows, lying)
    if any(row.items != (row.state is not LedgerState.ASIDE) for row in rows
           if row.state is not LedgerState.GONE):  # fmt: skip
        wrong["not one item"].append(token)


def _in_postbox(found: Findings, sent: Sent, rows: list[Row], lying: list[Lying]) -> None:
    wrong, token = found.wrong, sent.token
    gone = sum(not row.places for row in rows)
    if not sent.fits(len(rows), gone=gone):
        wrong["lost" if len(rows) < sent.accepted else "doubled"].append(token)
        return
    targets = {row.filed_to for row in rows}
    if not rows:
        wrong["lost"] += [token] if lying else []
        return
    filed_to = targets.pop()
    if targets or not filed_to.startswith(sent.agency):
        wrong["in a wrong folder"].append(token)
    expected = sent.folders(sent.arrived(len(rows)), filed_to)
    actual = Counter(
        filed_to if mail.place.folder == INBOX and _is_put_in(sent) else mail.place.folder
        for mail in lying
    )
    _folders(found, sent, expected, actual, met=sent.meetings(sent.arrived(len(rows)), filed_to))
    if len(lying) == 1 and not sent.flags_fit(lying[0].flags):
        wrong["flags changed"].append(token)
    if sent.acts:
        found.counted["moved, copied or removed by a person"] += 1
    if sum(bool(row.places) for row in rows) != min(len(rows), len(lying)):
        wrong["place unknown"].append(token)


def _folders(
    found: Findings, sent: Sent, expected: Counter[str], actual: Counter[str], *, met: int
) -> None:
    """Whether it lies where it has to; fewer only by copies that met (`Sent.meetings`)."""
    missing = expected.total() - actual.total()
    if missing < 0:
        found.wrong["doubled on the server"].append(sent.token)
    elif missing > met or (missing and not actual):
        found.wrong["lost on the server"].append(sent.token)
    elif not actual <= expected:
        found.wrong["in a wrong folder"].append(sent.token)
    else:
        found.counted["copies beside each other that the server made one"] += missing


def _places(found: Findings, lying: list[Lying], rows: dict[int, Row]) -> None:
    """Each place of the ledger holds those bytes; no mail of the server belongs to two rows."""
    here = {(mail.box, mail.place): mail for mail in lying}
    found.counted["mails on the server"] = len(lying)
    found.counted["rows in the ledger"] = len(rows)
    for row in rows.values():
        if len(row.places) > 1:
            found.wrong["two places"].append(row.token)
        for place in row.places:
            mail = here.get((row.box, place))
            if mail is None or mail.sha256 != row.sha256:
                found.wrong["not where the ledger says"].append(row.token)
        found.counted[f"ledger: {row.state}"] += 1
