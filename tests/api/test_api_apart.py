"""What lies elsewhere changes no answer: two houses, one with Kassel's mail and one without.

Who works in Hamburg or the region Nord asks both for everything, by the numbers and names of what
lies in Kassel and the region Südwest, and can't tell one from the other: not by status, head or
length, not by a count, a suggestion or the text of a refusal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.app import make_app
from api.doors import ApiKey
from api.session import DEMO_COOKIE, csrf_of
from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller, Permission
from rules.codes import Concern, PaymentRelevant, Role
from rules.sweep import HoldKind, OrderBasis
from store.deletion.holds import NewHold
from tests import house_fixture, one_sorter
from tests.api.door_client import DoorClient
from tests.api.route_samples import Call, call_of, flat, routes
from tests.api.small_door import bearer, door_settings
from tests.api.test_api_aside import keep
from tests.api.test_api_filing import given_up
from tests.api.test_api_role_matrix import PUBLIC, SET, WORDS, ask, wordy
from tests.house_fixture import Clock, clerk
from tests.quick_key import quick_key
from tests.rules.text_samples import typed
from triage import handover, work
from triage.desk.correction import Correction
from triage.house import House, PostboxPlan
from triage.rights import decisions, reporting
from triage.rights import work as rights_work
from triage.rulesets import drafts
from triage.sweep import holds, orders
from triage.texts import life, stock

BOXES = tuple(PostboxPlan(f"SC-{name}", name, is_observed=False) for name in ("Nord", "Südwest"))
THERE = BOXES[1].name
LEADS = frozenset({Permission.FREE_ITEM, Permission.READ_FIGURES})
NORTH = frozenset({"Nord"})
STRANGERS = {
    "lead of an agency": Caller("p-1", Role.CLERK, frozenset({"123"}), extra=LEADS),
    "admin of an agency": Caller("p-2", Role.ADMIN, frozenset({"123"})),
    "lead of a region": Caller("p-3", Role.CLERK, None, NORTH, LEADS),
    "admin of a region": Caller("p-4", Role.ADMIN, None, NORTH),
    "machine": Caller("p-5", Role.AUTOMATION, None, NORTH),
}
"""Each may all that a clerk of the same place may, and more."""
INSIDERS = {
    "lead there": Caller("p-6", Role.CLERK, None, frozenset({"Südwest"}), LEADS),
    "admin there": Caller("p-7", Role.ADMIN, None, frozenset({"Südwest"})),
}
ADMIN = INSIDERS["admin there"]

TELLS = {
    "GET /v1/admin/trail": "the trail has no regions (docs/security.md)",
    "GET /postfaecher": "so many entries of the trail are sealed",
    "POST /v1/mails": "the number of what was handed in, counted in the whole house",
    "POST /v1/admin/texts": "a text's name is one for the whole house",
    "POST /texte/speichern": "the same on its page",
}
"""What may differ for a stranger, and why."""

PLACES = {
    "item_id": "1", "code": "435", "text_id": "termin.wort", "version": "1", "plan_id": "1",
    "set_id": "regeln", "outgoing_id": "1", "name": "desk.css", "message_id": "1", "run_id": "1",
    "hold_id": "1", "number": "1", "page": "1", "move_id": "1",
}  # fmt: skip
FIELDS = {
    "token": "stale", "until": "01.12.2026", "reason": "weil es so ist", "text": SET,
    "agency": "435", "text_id": "termin.wort", "region": "Südwest", "item_id": 1,
    "postfach": THERE, "postbox": THERE,
}  # fmt: skip
ASKED = {
    "agency": "435", "agentur": "435", "postbox": THERE, "postfach": THERE, "region": "Südwest",
    "vorgang": "1", "text_id": "termin.wort", "subject": "message:1", "mailbox": THERE,
    "grund": "mail.autoreply", "reason_code": "mail.autoreply", "stand": "review",
}  # fmt: skip
"""For what a query can ask: it names what lies there."""


@dataclass
class Doors:
    """A house, and each caller's client with the token of its forms."""

    app: FastAPI
    house: House
    clients: dict[str, tuple[DoorClient, str]] = field(default_factory=dict)

    def answer(self, who: str, call: Call) -> tuple[int, dict[str, str], str]:
        client, csrf = self.clients[who]
        return told(ask(client, call, csrf), csrf)


def told(answer: httpx.Response, csrf: str) -> tuple[int, dict[str, str], str]:
    """Status, heads and text, without what is new in each answer of any house."""
    heads = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    heads["set-cookie"] = re.sub(r"expires=[^;]*", "", heads.get("set-cookie", ""))
    text = answer.text.replace(csrf, "") if csrf else answer.text
    return answer.status_code, heads, re.sub(r"[0-9a-f]{32}", "", text)


def open_doors(folder: Path) -> Doors:
    plain = house_fixture.make_house(house_fixture.sqlite_url(folder), clock=Clock())
    house = replace(plain, policy=replace(plain.policy, postboxes=BOXES))
    stock.take_in(house)
    key, hashed = quick_key("machine")
    keys = (ApiKey("machine", hashed, Role.AUTOMATION, None, ("Nord",)),)
    doors = Doors(make_app(house, door_settings(keys=keys, demo=True)), house)
    for name, caller in (STRANGERS | INSIDERS).items():
        client = DoorClient(doors.app)
        number = doors.app.state.sessions.begin(caller, account="", provider_session="")
        client.cookies.set(DEMO_COOKIE, number)
        doors.clients[name] = (client, csrf_of(number))
    doors.clients["machine"] = (DoorClient(doors.app, bearer(key)), "")
    return doors


def fill(house: House, folder: Path) -> None:
    """Kassel's mail in several states, and what its region has around it."""
    ez = clerk("435")
    kept = [keep(house, "Südwest", wordy(**{"X-Number": str(number)})) for number in range(6)]
    keep(house, "Südwest", wordy(**{"Auto-Submitted": "auto-generated"}))
    handed = work.claim_next(house, ez, "435")
    handover.order(house, ez, handed.item_id, handed.token, close_when_received=True)
    mended = work.claim_next(house, ez, "435")
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, ez, mended.item_id, mended.token, said)
    given_up(house, "Südwest", "postbox.no_right")
    one_sorter.sort_pending(house)
    drafts.save(house, ADMIN, SET)
    life.draft(house, ADMIN, "termin.wort", typed(region="Südwest", titel="wortimtext"))
    holds.hold(house, ADMIN, NewHold(HoldKind.LEGAL, "wortimbetreff", None, THERE))
    orders.propose(house, ADMIN, kept[:1], basis=OrderBasis.ART17, reference="wortimbetreff")
    lists = "verteiler;agentur;region;mitglied\nez@x.example;435;;wortabsender@x.example\n"
    reporting.import_lists(house, ADMIN, "Südwest", data=lists.encode(), source="x.csv")
    create_tree(folder)
    (folder / "dovecot-acl").write_text("anyone lrs\n")
    rights_work.look(house, "system:test", MaildirRights(THERE, folder))
    decisions.propose(house, ADMIN, THERE)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Doors, Doors]]:
    full, bare = (open_doors(tmp_path_factory.mktemp(name)) for name in ("full", "bare"))
    fill(full.house, tmp_path_factory.mktemp("box"))
    yield full, bare
    full.house.db.close()
    bare.house.db.close()


def every_call(app: FastAPI) -> Iterator[Call]:
    """Each route as it must be asked, and each that can be narrowed once more with all it takes."""
    for route in routes(app.routes):
        call = call_of(route, PLACES, FIELDS)
        yield call
        more = {one.alias for one in flat(route.dependant, "query_params")} & ASKED.keys()
        if call.method == "GET" and more:
            yield replace(call, query=call.query | {name: ASKED[name] for name in sorted(more)})


def test_whoever_works_elsewhere_cannot_tell_the_houses_apart(houses: tuple[Doors, Doors]) -> None:
    full, bare = houses
    differ, worded = set(), set()
    for call in every_call(full.app):
        if call.name in PUBLIC or call.name == "POST /abmelden":
            continue
        for who in STRANGERS:
            seen = full.answer(who, call)
            if seen != bare.answer(who, call) and call.name not in TELLS:
                differ.add((who, call.name, seen[0]))
            if any(word in seen[2] for word in WORDS):
                worded.add((who, call.name))
    assert differ == set()
    assert worded == set()


def test_whoever_works_there_can(houses: tuple[Doors, Doors]) -> None:
    """Or the test before looks at two empty houses."""
    full, bare = houses
    calls = [call for call in every_call(full.app) if call.method == "GET"]
    differ = {
        call.name
        for call in calls
        if call.name not in PUBLIC
        and any(full.answer(who, call) != bare.answer(who, call) for who in INSIDERS)
    }
    assert len(differ) > 50
    assert {"GET /v1/items/{item_id}", "GET /v1/admin/aside", "GET /rechte/plan/{plan_id}"} < differ
