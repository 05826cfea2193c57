"""Puts the doors together: one app from a house and the settings of its doors."""

from functools import partial

from fastapi import FastAPI

from api import (
    admins,
    attachments,
    automation,
    clerks,
    errors,
    events,
    filing,
    health,
    letters,
    metrics,
    next_item,
    openapi,
    outgoing,
    retention,
    rights,
    rights_folders,
    route_index,
    rule_readings,
    rulesets,
    supervisors,
    tasks,
    texts,
)
from api.doors import DoorSettings
from api.idempotency import FirstAnswer
from api.keyring import KeyRing
from api.middleware import LocalNames, Onward, SafeHeaders, SizeLimit, Watched
from api.oidc import backchannel
from api.oidc.names import account_hash
from api.oidc.provider import Provider
from api.oidc.tokens import machine_of
from api.quick_next import QuickNext
from api.session import StoredSessions, cookie_name, limits_of
from api.streams import Lines
from api.throttle import Throttle
from api.web import pages
from triage.desk.attachments import Studio
from triage.house import House
from triage.list_scope import ListScope
from triage.ports import FileOutlet

MAIL_PATHS = frozenset({"/v1/mails", "/v1/verdicts"})
LISTS_PATHS = frozenset({"/v1/admin/rights/lists", "/rechte/verteiler"})
LISTS_LIMIT_BYTES = 6_000_000
"""A file of lists (rules/rights/distribution_csv.py: 5 MB) with what a form puts around it."""


def make_app(house: House, door: DoorSettings, eakte: FileOutlet | None = None) -> FastAPI:
    """The HTTP app of the house. Opens nothing by itself; `serve.serve` runs it.

    `eakte` is asked for the daily match only; None: this process has no way there.
    """
    app = FastAPI(
        title=openapi.TITLE,
        version=openapi.VERSION,
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        # Their pages load scripts from elsewhere; the desk has no network but the house.
        docs_url=None,
        redoc_url=None,
    )
    furnish(app, house, door)
    app.state.eakte = eakte
    errors.register(app)
    for room in (
        automation,
        clerks,
        attachments,
        letters,
        tasks,
        admins,
        outgoing,
        filing,
        rights,
        rights_folders,
        rule_readings,
        rulesets,
        texts,
        health,
        metrics,
        retention,
        supervisors,
        events,
        backchannel,
    ):
        # As they are: to include a router is to build each of its routes a second time.
        app.router.routes.extend(room.router.routes)
    pages.install(app)
    route_index.install(app)
    app.add_middleware(QuickNext, route=clerks.NEXT)
    wrap(app, door)
    openapi.install(app)
    return app


def furnish(app: FastAPI, house: House, door: DoorSettings) -> None:
    """Put behind the doors what they ask: house, settings, keys, sessions, sign-in, live lines."""
    app.state.house, app.state.door = house, door
    app.state.provider = door.oidc and Provider(door.oidc, house.clock)
    app.state.keys = KeyRing(door.keys, house, machine_of(house, app.state.provider))
    app.state.sessions = StoredSessions(house, limits_of(door), by_service=door.oidc is not None)
    app.state.scope = ListScope(house, partial(account_hash, door.pseudonym_key))
    app.state.lines = Lines(house)
    app.state.next_line = next_item.line_of(house)
    app.state.studio = Studio()


def wrap(app: FastAPI, door: DoorSettings) -> None:
    """Put the middleware around the app, innermost first: each one added wraps those before it."""

    def limit_of(path: str) -> int:
        if path in LISTS_PATHS:
            return LISTS_LIMIT_BYTES
        return door.mail_limit_bytes if path in MAIL_PATHS else door.other_limit_bytes

    app.add_middleware(FirstAnswer)
    app.add_middleware(SizeLimit, limit_of=limit_of)
    if door.limits is not None:
        app.add_middleware(Throttle, limits=door.limits, cookie=cookie_name(door))
    if door.demo:
        app.add_middleware(LocalNames)
    app.add_middleware(errors.Boundary)
    app.add_middleware(Onward)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Watched)
