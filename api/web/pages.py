"""All pages of the desk, put into the app of the doors."""

from fastapi import APIRouter, FastAPI

from api import errors
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
from api.web.failures import problem_page

router = APIRouter()
for _room in (
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
    deletion,
    trial,
    corrections,
    rules,
    guide,
    assets,
):
    router.include_router(_room.router)


def install(app: FastAPI) -> None:
    """Include the pages, and show problems outside /v1 as German pages (api/errors.py)."""
    app.include_router(router)
    errors.show_with(app, problem_page)
