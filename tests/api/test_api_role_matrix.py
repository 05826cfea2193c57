"""Every role tries every call, at its own and at a foreign place: the table says what comes out.

The table is tests/api/role_matrix.txt, one line a call, one column a caller. A new route needs its
line: `python -m pytest tests/api/test_api_role_matrix.py` shows it, and somebody must read it.
On the way each answer is searched for words of the mails: who saw one stands in the trail.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.dependencies.models import Dependant

from api.app import make_app
from api.auth import Needs
from api.doors import ApiKey
from api.session import DEMO_COOKIE, csrf_of
from api.web.visit import Opens, Sends
from rules.access import Caller
from rules.codes import Role
from store.tables.ledger import audit as trail
from store.upkeep import migrate
from tests import house_fixture
from tests.api.attachment_samples import mail_with
from tests.api.door_client import DoorClient
from tests.api.route_samples import Call, calls, routes
from tests.api.small_door import ClockHouse, bearer, door_settings
from tests.api.test_api_aside import keep
from tests.quick_key import quick_key
from tests.rules.ruleset_samples import HEAD, rule
from triage.house import House, PostboxPlan
from triage.rulesets import drafts as rulesets

TABLE = Path(__file__).with_name("role_matrix.txt")

OWN, ELSEWHERE = "Südwest", "Nord"
"""Kassel (435) lies in the one, Hamburg (123) in the other; everything is of Kassel."""

PEOPLE = {
    "ez": Caller("p-ez", Role.CLERK, agencies=frozenset({"435"})),
    "ez-fremd": Caller("p-ez-2", Role.CLERK, agencies=frozenset({"123"})),
    "sc": Caller("p-sc", Role.CLERK, agencies=None, regions=frozenset({OWN})),
    "sc-fremd": Caller("p-sc-2", Role.CLERK, agencies=None, regions=frozenset({ELSEWHERE})),
    "admin": Caller("p-admin", Role.ADMIN, agencies=None),
    "adm-reg": Caller("p-admin-2", Role.ADMIN, agencies=None, regions=frozenset({OWN})),
    "adm-fremd": Caller("p-admin-3", Role.ADMIN, agencies=None, regions=frozenset({ELSEWHERE})),
}
MACHINES = {"masch": (OWN,), "masch-fr": (ELSEWHERE,)}
COLUMNS = ["niemand", *PEOPLE, *MACHINES]

ABROAD = {"ez": "ez-fremd", "sc": "sc-fremd", "adm-reg": "adm-fremd", "masch": "masch-fr"}

PUBLIC = {
    "GET /health/live", "GET /health/ready", "GET /metrics", "GET /", "GET /anmelden",
    "POST /anmelden", "GET /anmelden/dienstkennung", "GET /anmelden/zurueck", "GET /abgemeldet",
    "GET /abgemeldet/dienstkennung", "POST /oidc/abmelden", "GET /rules", "GET /static/{name}",
    "GET /hilfe",
}  # fmt: skip
"""Routes for everybody. Each other one asks who calls, by the type of a parameter."""

FOR_ALL_SIGNED_IN = {
    "GET /arbeitsplatz", "GET /lage", "GET /anmelden/gilt", "POST /abmelden",
    "POST /hilfe/rundgang",
}  # fmt: skip
"""Pages without a permission in their type: they show by parts, or touch one's own session only."""

NOT_TRIED = {"POST /abmelden", "POST /anmelden", "GET /anmelden/zurueck", "POST /oidc/abmelden"}
"""They begin or end the session that the other calls need; test_api_oidc and _session try them."""

WORDS = ("wortimtext", "wortimbetreff", "wortimnamen", "wortinanlage", "wortabsender", "123A456789")
"""Of both mails; the number is in their verdicts too."""
SHOW_WORDS = {
    "GET /v1/mails/{message_id}", "GET /v1/mails/{message_id}/original",
    "GET /v1/agencies/{code}/items", "GET /v1/items/{item_id}",
    "GET /v1/items/{item_id}/attachments/{number}", "GET /vorgang/{item_id}",
    "GET /vorgang/{item_id}/html", "GET /vorgang/{item_id}/anlage/{number}",
    "GET /vorgang/{item_id}/anlage/{number}/datei", "GET /v1/admin/aside",
    "POST /vorgang/{item_id}/korrektur",
    "POST /vorgang/{item_id}/auftrag/{outgoing_id}/zurueck",
}  # fmt: skip
"""Where content is shown at all. A new address belongs here once its readings are put on record."""

SET = HEAD + f'region = "{OWN}"\n' + rule('betreff = ["x"]', 'ordner = "435 Kassel/X"')
APP = make_app(ClockHouse(), door_settings())


def wanted() -> dict[str, list[str]]:
    lines = [line.split() for line in TABLE.read_text("utf-8").splitlines() if line[:1] != "#"]
    return {f"{words[0]} {words[1]}": words[2:] for words in lines if words}


def outcome(answer: httpx.Response) -> str:
    """`ja`: let in, whatever became of it. `an`: to the sign-in page."""
    if answer.status_code == 303 and answer.headers["location"].startswith("/anmelden"):
        return "an"
    return str(answer.status_code) if answer.status_code in {401, 403, 404} else "ja"


def ask(client: DoorClient, call: Call, csrf: str) -> httpx.Response:
    headers = {"X-CSRF-Token": csrf} if csrf else {}
    if call.content is not None:
        headers["Content-Type"] = "message/rfc822"
        return client.request(call.method, call.path, content=call.content, headers=headers)
    sent: dict[str, Any] = {"headers": headers | {"X-Lease-Token": "stale"}, "params": call.query}
    if call.json is not None:
        sent["json"] = call.json
    elif call.form is not None and not call.path.startswith("/v1"):
        sent |= {"data": call.form | {"csrf": csrf}, "files": call.files}
    return client.request(call.method, call.path, **sent)


@dataclass
class Tried:
    """What came out of all calls, and of those that showed a word of a mail which left no entry."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    showed: set[str] = field(default_factory=set)
    unnoted: set[str] = field(default_factory=set)

    def note(self, house: House, call: Call, answer: httpx.Response, before: int) -> None:
        """`before` is the newest entry before the call."""
        self.outcomes.setdefault(call.name, []).append(outcome(answer))
        if not any(word in answer.text for word in WORDS):
            return
        self.showed.add(call.name)
        if newest_reading(house) <= before:
            self.unnoted.add(call.name)


def newest_reading(house: House) -> int:
    readings = sa.select(sa.func.max(trail.c.id)).where(trail.c.action.like("%.read"))
    with house.db.read() as tx:
        return tx.run(readings).scalar_one() or 0


def wordy(**headers: str) -> bytes:
    """A mail with a word of its own in each part."""
    mail = message_from_bytes(
        mail_with("Ich bin krank wortimbetreff", ("wortimnamen.x", "text/x", b"wortinanlage")),
        policy=policy.default,
    )
    plain = mail.get_body(("plain",))
    assert plain is not None
    plain.set_content("wortimtext, Kundennummer 123A456789")
    plain.add_alternative("<p>wortimtext</p>", subtype="html")
    mail.replace_header("From", "wortabsender@post.example")
    for name, value in headers.items():
        mail[name] = value
    return mail.as_bytes()


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """Each call by all callers before the next."""
    url = house_fixture.sqlite_url(tmp_path_factory.mktemp("matrix"))
    migrate.upgrade(url)
    plain = house_fixture.open_house(url)
    box = PostboxPlan(f"SC-{OWN}", OWN, is_observed=False)
    house = replace(plain, policy=replace(plain.policy, postboxes=(box,)))
    secrets = {name: quick_key(name) for name in MACHINES}
    keys = tuple(
        ApiKey(name, secrets[name][1], Role.AUTOMATION, None, regions)
        for name, regions in MACHINES.items()
    )
    app = make_app(house, door_settings(keys=keys, demo=True))
    clients = {"niemand": (DoorClient(app), "")}
    for name, caller in PEOPLE.items():
        client = DoorClient(app)
        number = app.state.sessions.begin(caller, account="", provider_session="")
        client.cookies.set(DEMO_COOKIE, number)
        clients[name] = (client, csrf_of(number))
    for name, (key, _) in secrets.items():
        clients[name] = (DoorClient(app, bearer(key)), "")
    keep(house, OWN, wordy())
    aside_mail = keep(house, OWN, wordy(**{"Auto-Submitted": "auto-generated"}))
    rulesets.save(house, Caller("writer", Role.ADMIN, agencies=None), SET)
    places = {
        "item_id": "1", "code": "435", "text_id": "au.eingang", "version": "1", "plan_id": "1",
        "set_id": "regeln", "outgoing_id": "1", "name": "desk.css", "message_id": str(aside_mail),
        "run_id": "1", "hold_id": "1", "number": "1", "page": "1",
        "move_id": "1",
    }  # fmt: skip
    fields = {"token": "stale", "until": "01.12.2026", "reason": "weil es so ist", "text": SET}
    fields |= {
        "agency": "123",
        "text_id": "au.eingang",
        "region": OWN,
        "item_id": 1,
        "postfach": box.name,
        "postbox": box.name,
    }
    tried = Tried()
    for call in calls(app, places=places, fields=fields):
        if call.name in NOT_TRIED:
            continue
        for client, csrf in (clients[who] for who in COLUMNS):
            before = newest_reading(house)
            tried.note(house, call, ask(client, call, csrf), before)
    yield tried
    house.db.close()


@pytest.fixture(scope="module")
def found(tried: Tried) -> dict[str, list[str]]:
    """What came out, for all calls and callers, each call by all callers before the next."""
    return tried.outcomes


def line_of(call: str, outcomes: list[str]) -> str:
    method, pattern = call.split(" ")
    return f"{method:6} {pattern:56} " + " ".join(f"{one:9}" for one in outcomes).rstrip()


def test_each_role_gets_what_the_table_says(found: dict[str, list[str]]) -> None:
    said = wanted()
    differs = [line_of(call, got) for call, got in found.items() if said.get(call) != got]
    assert differs == [], "\n".join(["these lines differ from the table:", *differs])


def test_the_table_names_every_route_and_no_other(found: dict[str, list[str]]) -> None:
    every = {f"{next(iter(r.methods))} {r.path}" for r in routes(APP.routes)}
    assert wanted().keys() == found.keys() == every - NOT_TRIED


def test_no_word_of_a_mail_is_shown_without_an_entry_in_the_trail(tried: Tried) -> None:
    assert tried.unnoted == set()
    assert tried.showed == SHOW_WORDS


def test_nobody_is_let_in_anywhere_but_at_the_public_doors() -> None:
    let_in = {call for call, got in wanted().items() if got[0] not in {"401", "an"}}
    assert let_in <= PUBLIC


def test_no_foreign_place_gives_more_than_ones_own() -> None:
    rank = {"401": 0, "an": 0, "403": 1, "404": 2, "ja": 3}
    for call, got in wanted().items():
        by = dict(zip(COLUMNS, got, strict=True))
        for own, other in ABROAD.items():
            assert rank[by[other]] <= rank[by[own]], (call, own)


def guards(dependant: Dependant) -> list[object]:
    found = [dep.call for dep in dependant.dependencies]
    return found + [more for dep in dependant.dependencies for more in guards(dep)]


@pytest.mark.parametrize("route", list(routes(APP.routes)), ids=lambda route: route.path)
def test_each_route_asks_who_calls_and_each_form_for_its_token(route: Any) -> None:
    name = f"{next(iter(route.methods))} {route.path}"
    asks = guards(route.dependant)
    if name in PUBLIC:
        return
    if route.path.startswith("/v1/"):
        assert sum(isinstance(one, Needs) for one in asks) == 1
        return
    doors = [one for one in asks if isinstance(one, Opens | Sends)]
    assert len(doors) == 1
    assert isinstance(doors[0], Sends) is (not name.startswith("GET"))
    assert bool(doors[0].any_of) is (name not in FOR_ALL_SIGNED_IN)
