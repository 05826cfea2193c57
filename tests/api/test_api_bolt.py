"""No way to "closed" for what moves money without a receipt that counts: every call is tried.

Random walks over all calls and forms that touch an item or what is on its way out, by a clerk who
holds the item, a supervisor and an admin, between answers of the eAkte that are no receipt. Left
out are the two that are a person's reasoned "no" (waiver, and a correction to "no").
"""

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from api.app import make_app
from api.session import DEMO_COOKIE, csrf_of
from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder
from rules.access import Caller, Permission
from rules.codes import Role
from rules.errors import HouseError
from rules.handover import Arrival, Receipt
from rules.item import ItemState
from rules.tasks import Receiver
from store.desk import items
from store.mails import ledger
from store.sending import outgoing
from tests.api.conftest import Doors
from tests.api.door_client import DoorClient
from tests.api.route_samples import Call, calls
from tests.api.small_door import door_settings
from tests.triage.way import Post
from triage import rounds, send, work
from triage.desk import holding
from triage.sending import receipts

TOUCHES = ("item", "outgoing", "ausgang", "arbeitsplatz")
REASONED_NO = ("/waiver", "/nicht-zahlungsrelevant")
PLACES = {"item_id": "1", "outgoing_id": "1", "code": "435"}
FIELDS = {
    "token": "TOKEN", "until": "01.12.2026", "reason": "weil es so ist", "agency": "435",
    "payment": "yes", "concerns": ["bankverbindung"], "kundennummer": "123A456789",
    "text_id": "au.eingang", "item_id": 1, "grund": "weil es so ist", "called": "yes",
    "then": "close", "awaits": "close",
}  # fmt: skip
STEPS = 30


class Office:
    """One item that moves money, its callers, and the folders of the receivers."""

    def __init__(self, doors: Doors, folder) -> None:
        self.house, self.clock = doors.house, doors.clock
        self.drop, self.tasks = folder / "eakte", folder / "tasks"
        (self.drop / "quittungen").mkdir(parents=True)
        for receiver in Receiver:
            (self.tasks / receiver.value).mkdir(parents=True)
        self.outlets = send.Outlets(
            DirectoryOutlet(self.drop, self.clock), Post(), tasks=TaskFolder(self.tasks, self.clock)
        )
        self.app = make_app(doors.house, door_settings(demo=True))
        # Of the Service Center, who reaches the item wherever the walk has laid it.
        self.clerk = Caller("p-sc", Role.CLERK, agencies=None)
        lead = replace(self.clerk, name="p-lead", extra=frozenset({Permission.FREE_ITEM}))
        self.lead = lead
        self.people = (*[self.clerk] * 5, lead, Caller("p-adm", Role.ADMIN, agencies=None))
        self.codes: set[str] = set()
        doors.hand_in("Neues Konto", "Kassel 34117 123A456789")

    @property
    def item(self) -> items.Item:
        with self.house.db.read() as tx:
            return items.get(tx, 1)

    def token(self) -> str:
        """That of the clerk; the lead frees the item where it is parked, pending or held."""
        for _ in range(2):
            try:
                return work.claim_item(self.house, self.clerk, 1).token
            except HouseError:
                with suppress(HouseError):
                    holding.free(self.house, self.lead, 1)
        return "stale"

    def call(self, call: Call, caller: Caller, token: str) -> None:
        client, number = (
            DoorClient(self.app),
            self.app.state.sessions.begin(caller, account="", provider_session=""),
        )
        client.cookies.set(DEMO_COOKIE, number)
        headers = {"X-CSRF-Token": csrf_of(number), "X-Lease-Token": token}
        if call.path.startswith("/v1"):
            body = (
                (call.json or {}) | {"payment_relevant": "yes"}
                if "correction" in call.path
                else call.json
            )
            answer = client.request(call.method, call.path, json=body, headers=headers)
        else:
            form = {**(call.form or {}), "token": token, "csrf": csrf_of(number)}
            answer = client.request(call.method, call.path, data=form)
        assert answer.status_code < 500, (call, answer.text)
        if answer.headers.get("content-type", "").startswith("application/problem"):
            self.codes.add(answer.json()["code"])

    def answer(self, dice: random.Random) -> None:
        """The eAkte says something that is no receipt of this hand-over; or nothing."""
        with self.house.db.read() as tx:
            rows = outgoing.of_item(tx, 1)
        if not rows:
            return
        key, digest = dice.choice(rows).idempotency_key, self._digest()
        no = dice.choice([
            Receipt(key, False, "", digest, "2026-11-23T09:00:00Z", "Nein."),
            Receipt(key, True, "EA-1", "f" * 64, "2026-11-23T09:00:00Z"),
            Receipt(key, True, "EA-1", digest, "2026-11-23T09:00:00Z", "", "999A999999"),
            Receipt("eakte-9-9-000000000000", True, "EA-1", digest, "2026-11-23T09:00:00Z"),
            Arrival(key, "2026-11-23T09:00:00Z"),
        ])  # fmt: skip
        if isinstance(no, Arrival):
            with self.house.db.write() as tx:
                row = outgoing.of_key(tx, key)
                receipts._arrived(self.house, tx, row, no)
            return
        # A receiver of tasks says yes to the eAkte's hand-over, which is none of its business.
        where = self.drop if dice.random() < 0.7 else self.tasks / "atv"
        (where / "quittungen").mkdir(exist_ok=True)
        told = no if where == self.drop else replace(no, accepted=True, sha256=digest)
        (where / "quittungen" / f"{told.key}.json").write_bytes(receipt_json(told))

    def round(self) -> None:
        try:
            rounds.send_round(self.house, self.outlets, "w-1")
        except HouseError as exc:
            self.codes.add(exc.code)

    def _digest(self) -> str:
        with self.house.db.read() as tx:
            return ledger.message(tx, self.item.message_id).sha256


@pytest.mark.parametrize("seed", range(2))
def test_no_walk_closes_what_has_no_receipt(doors: Doors, tmp_path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a walk that its number repeats
    office = Office(doors, tmp_path)
    tried = [
        call
        for call in calls(office.app, places=PLACES | {
            "text_id": "au.eingang", "version": "1", "plan_id": "1", "set_id": "x", "run_id": "1",
            "name": "desk.css", "message_id": "1", "hold_id": "1", "number": "1", "page": "1",
            "move_id": "1",
        }, fields=FIELDS)
        if call.method != "GET"
        and any(word in call.pattern for word in TOUCHES)
        and not call.pattern.endswith(REASONED_NO)
    ]  # fmt: skip
    assert len(tried) > 25
    closing = [one for one in tried if one.pattern.endswith(("/close", "/abschliessen"))]
    assert len(closing) == 2
    for _ in range(STEPS):
        chosen = dice.choice(closing) if dice.random() < 0.2 else dice.choice(tried)
        places = [str(number) for number in range(1, 5)]
        path = chosen.path.replace("/outgoing/1", f"/outgoing/{dice.choice(places)}")
        office.call(replace(chosen, path=path), dice.choice(office.people), office.token())
        if dice.random() < 0.4:
            office.answer(dice)
            office.round()
        if dice.random() < 0.2:
            office.clock.forward(minutes=dice.choice([1, 20, 2000]))
            rounds.keep_order(office.house, "w-1")
        assert office.item.state is not ItemState.CLOSED, (seed, chosen)
    # It was tried by who held the item, or the walk would prove nothing.
    assert "item.receipt_missing" in office.codes
