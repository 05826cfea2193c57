"""All pages of the desk, put into the app of the doors."""

from fastapi import FastAPI

from api import errors, throttle
from api.web import (
    aside,
    assets,
    attachment,
    completeness,
    corrections,
    deeds,
    deletion,
    desk,
    figures,
    filing,
    guide,
    item,
    oidc_pages,
    outgoing,
    overview,
    postboxes,
    rights,
    rights_files,
    rights_folders,
    rights_lists,
    rules,
    signin,
    tasks,
    text_editor,
    texts,
    trial,
)
from api.web.busy import busy_page
from api.web.failures import problem_page

ROOMS = (
    signin,
    oidc_pages,
    desk,
    item,
    attachment,
    deeds,
    tasks,
    overview,
    figures,
    texts,
    text_editor,
    aside,
    postboxes,
    rights,
    rights_files,
    rights_folders,
    rights_lists,
    completeness,
    outgoing,
    filing,
    deletion,
    trial,
    corrections,
    rules,
    guide,
    assets,
)


def install(app: FastAPI) -> None:
    """Add the pages, and show problems outside /v1 as German pages (errors, throttle)."""
    for room in ROOMS:
        app.router.routes.extend(room.router.routes)
    errors.show_with(app, problem_page)
    throttle.show_with(app, busy_page)
