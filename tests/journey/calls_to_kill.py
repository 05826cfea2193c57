"""A house in which everything lies ready for the calls that do much, and these calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from api.app import make_app
from rules.access import Caller
from rules.codes import Concern, PaymentRelevant, Role
from rules.item import CloseReason
from rules.ledger import LedgerState, OpState
from rules.postbox import Place
from rules.sweep import OrderBasis
from store.desk import items
from store.mails import keeping, ledger
from store.mails.keeping import Arrival
from store.tables.ledger import op
from tests.api.door_client import of_person
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN, MACHINE, NOW, Clock, clerk, eml
from tests.rules.ruleset_samples import HEAD, rule
from tests.servers.killed_calls import BOX, open_with_postbox
from triage import accept, handover, rounds, work
from triage.desk.correction import Correction
from triage.house import House
from triage.rulesets import drafts as rulesets
from triage.sweep import orders as sweep

ME = clerk("435")
WRITER = Caller("a-2", Role.ADMIN, agencies=None)
SET = HEAD.replace("2026-11-01", "2025-11-01") + rule('betreff = ["x"]')
KEY = {"Idempotency-Key": "once"}
CORRECTED = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)


@dataclass(frozen=True)
class Ready:
    """What the calls speak of. `sessions` are headers and cookies of an admin and a clerk."""

    ids: Mapping[str, Any]
    held: Mapping[str, tuple[int, str]]
    sessions: Mapping[str, dict[str, dict[str, str]]]


def lay_ready(url: str) -> Ready:
    """Three of all that is done by the batch, and one of the rest."""
    clock = Clock(NOW - timedelta(days=365))
    house = open_with_postbox(url, clock)
    old = _worked_off(house)
    for number in (1, 2):
        saved, _ = rulesets.save(house, WRITER, f"{SET}# {number}\n")
        rulesets.activate(house, ADMIN, "regeln", saved.version)
        clock.forward(seconds=10)
    clock.now = NOW
    rulesets.save(house, WRITER, f"{SET}# 3\n")
    for number in range(3):
        _set_aside(house)
        _given_up(house, str(number))
    _dead_letters(house)
    ids = {
        "plan": sweep.propose(house, WRITER, old, basis=OrderBasis.ART17, reference="A 1"),
        "hash": sweep.preview(house, ADMIN).hash,
        "corrected": _corrected(house),
    }
    words = {"money": "Neues Konto", "plain": "Termin", "leaving": "Kündigung", "closed": "Termin"}
    held = {name: _taken(house, subject) for name, subject in words.items()}
    work.close(house, ME, *held["closed"], reason=CloseReason.ANSWERED)
    app = make_app(house, door_settings(keys=(), demo=True))
    clients = {"admin": of_person(app, ADMIN), "clerk": of_person(app, ME)}
    sessions = {
        who: {"headers": client.headers | KEY, "cookies": dict(client.cookies)}
        for who, client in clients.items()
    }
    house.db.close()
    return Ready(ids, held, sessions)


def by_admin(path: str, **said: Any) -> Callable[[Ready], dict[str, Any]]:
    """A call of the admin door; words in braces are ids of what lies ready."""

    def call(ready: Ready) -> dict[str, Any]:
        json = {name: value.format(**ready.ids) for name, value in said.items()}
        where = f"/v1/admin/{path.format(**ready.ids)}"
        return {"method": "POST", "path": where, "json": json} | ready.sessions["admin"]

    return call


def on_item(name: str, word: str, **json: Any) -> Callable[[Ready], dict[str, Any]]:
    """A clerk's deed on the item of that name, under its lease."""

    def call(ready: Ready) -> dict[str, Any]:
        (item, token), session = ready.held[name], ready.sessions["clerk"]
        headers = session["headers"] | {"X-Lease-Token": token}
        said = {"method": "POST", "path": f"/v1/items/{item}/{word}", "json": json}
        return said | session | {"headers": headers}

    return call


def next_of(agency: str) -> Callable[[Ready], dict[str, Any]]:
    """The clerk asks for the next item."""

    def call(ready: Ready) -> dict[str, Any]:
        where = f"/v1/agencies/{agency}/items/next"
        return {"method": "POST", "path": where} | ready.sessions["clerk"]

    return call


CALLS: Mapping[str, Callable[[Ready], dict[str, Any]]] = {
    "aside": by_admin("aside/replay"),
    "filing": by_admin("filing/again"),
    "outgoing": by_admin("outgoing/replay"),
    "confirm": by_admin("corrections/{corrected}/confirm"),
    "activate": by_admin("rulesets/regeln/versions/3/activate"),
    "take back": by_admin("rulesets/rollback"),
    "order": by_admin("retention/runs", hash="{hash}"),
    "approve": by_admin("retention/runs/{plan}/approve"),
    "hold": by_admin("retention/holds", kind="pruefung", reference="A 7", postbox=BOX.name),
    "undo": on_item("closed", "undo"),
    "hand over": on_item("money", "handover"),
    "correct": on_item("money", "correction", concerns=["au"], payment_relevant="yes"),
    "waive": on_item("money", "waiver", reason="Das bewegt kein Geld."),
    "forward": on_item("plain", "forward", agency_code="123", reason="Gehört nach Hamburg."),
    "close": on_item("plain", "close", reason="answered"),
    "next": next_of("435"),
    "task": on_item("leaving", "tasks", task="atv_termin", called=True),
}


def _worked_off(house: House) -> list[int]:
    done = [accept.hand_in(house, MACHINE, eml(f"Termin {n}")).message_id for n in range(2)]
    with house.db.write() as tx:
        for message_id in done:
            ledger.set_state(tx, message_id, LedgerState.DONE, reason="", now=house.clock())
        tx.connection.exec_driver_sql("UPDATE item SET state = 'closed'")
    return done


def _set_aside(house: House) -> None:
    data = eml("Newsletter", Auto_Submitted="auto-generated")
    with house.db.write() as tx:
        arrived = Arrival(data, NOW, "smtp", postbox=BOX.name, region=BOX.region)
        kept = keeping.keep(tx, arrived, now=NOW)
    rounds.sort_guarded(house, kept.message_id)


def _given_up(house: House, uid: str) -> None:
    """A mail whose move was refused for good."""
    place, folder = Place("INBOX", "1", uid), "435 Kassel/Termin"
    with house.db.write() as tx:
        arrived = Arrival(
            eml(f"Termin {uid}"), NOW, "postbox", postbox=BOX.name, region=BOX.region, place=place
        )
        kept = keeping.keep(tx, arrived, now=NOW)
        statement = sa.insert(op).values(
            message_id=kept.message_id, postbox=BOX.name, kind="move", src_folder=place.folder,
            src_epoch="1", src_uid=uid, dst_folder=folder, state=OpState.REFUSED, tries=20,
            next_try_at=NOW, error_code="postbox.no_right", created_at=NOW,
        )  # fmt: skip
        tx.run(statement)


def _taken(house: House, subject: str) -> tuple[int, str]:
    accept.hand_in(house, MACHINE, eml(subject, "34117 Kassel, 123A456789"))
    claim = work.claim_next(house, ME, "435")
    return claim.item_id, claim.token


def _dead_letters(house: House) -> None:
    taken = [_taken(house, "Neues Konto") for _ in range(3)]
    for item, token in taken:
        handover.order(house, ME, item, token)
    with house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE outgoing SET state = 'dead', error_code = 'x'")


def _corrected(house: House) -> int:
    item, token = _taken(house, "Termin")
    work.correct(house, ME, item, token, CORRECTED)
    with house.db.read() as tx:
        return items.get(tx, item).message_id
