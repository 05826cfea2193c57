"""Puts the doors together: one app from a house and the settings of its doors."""

from fastapi import FastAPI

from api import (
    admins,
    automation,
    clerks,
    errors,
    health,
    letters,
    metrics,
    openapi,
    rights,
    rulesets,
    tasks,
)
from api.auth import KeyRing
from api.doors import DoorSettings
from api.idempotency import FirstAnswer
from api.middleware import SafeHeaders, SizeLimit, Watched
from api.web import pages
from triage.house import House
from triage.list_scope import ListScope

MAIL_PATHS = frozenset({"/v1/mails", "/v1/verdicts"})
LISTS_PATHS = frozenset({"/v1/admin/rights/lists", "/rechte/verteiler"})
LISTS_LIMIT_BYTES = 6_000_000
"""A file of lists (rules/distribution_csv.py: 5 MB) with what a form puts around it."""


def make_app(house: House, door: DoorSettings) -> FastAPI:
    """The HTTP app of the house. Opens nothing by itself; `serve.serve` runs it."""
    app = FastAPI(
        title=openapi.TITLE,
        version=openapi.VERSION,
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        # Their pages load scripts from elsewhere; the desk has no network but the house.
        docs_url=None,
        redoc_url=None,
    )
    app.state.house, app.state.door = house, door
    app.state.keys = KeyRing(door.keys)
    app.state.scope = ListScope(house)
    errors.register(app)
    for room in (automation, clerks, letters, tasks, admins, rights, rulesets, health, metrics):
        app.include_router(room.router)
    pages.install(app)
    wrap(app, door)
    openapi.install(app)
    return app


def wrap(app: FastAPI, door: DoorSettings) -> None:
    """Put the middleware around the app, innermost first: each one added wraps those before it."""

    def limit_of(path: str) -> int:
        if path in LISTS_PATHS:
            return LISTS_LIMIT_BYTES
        return door.mail_limit_bytes if path in MAIL_PATHS else door.other_limit_bytes

    app.add_middleware(FirstAnswer)
    app.add_middleware(SizeLimit, limit_of=limit_of)
    app.add_middleware(errors.Boundary)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Watched)
