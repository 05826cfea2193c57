"""The page "Nicht abgelegt" in its states, without a house."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response

from api.web.move_words import MOVES
from api.web.render import page
from store.acts.refused_acts import RefusedAct

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)


def _moves(request: Request) -> Response:
    moves = tuple(
        RefusedAct(
            number, 40_720 + number, "SC-Südost", "345 Essen/Arbeitslosengeld Unterlagen", code, 20,
            NOW - timedelta(hours=99 - number),
        )
        for number, code in enumerate((*MOVES, "postbox.command_refused"), start=1)
    )  # fmt: skip
    return page(
        request, "nicht_abgelegt.html", moves=moves, more="grund=&nach=3", total=1284, reason="",
        reasons=(("postbox.no_right", 1282), ("postbox.command_refused", 2)),
    )  # fmt: skip


def _one(request: Request) -> Response:
    move = RefusedAct(7, 40721, "SC-West", "435 Kassel/AU", "postbox.too_big", 20, NOW)
    return page(
        request, "nicht_abgelegt.html", moves=(move,), more="", total=1, reason="postbox.too_big",
        reasons=(("postbox.too_big", 1),),
    )  # fmt: skip


def _none(request: Request) -> Response:
    return page(request, "nicht_abgelegt.html", moves=(), more="", total=0, reason="", reasons=())


PAGES: dict[str, Callable[[Request], Response]] = {
    "nicht-abgelegt": _moves,
    "nicht-abgelegt-eine": _one,
    "nicht-abgelegt-leer": _none,
}
