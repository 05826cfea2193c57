"""The pages "Löschung" in their states, from invented values and no house."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from fastapi import Request, Response

from api.web import pager
from api.web.render import page
from rules.ledger import LedgerState
from rules.retention import HOUSE_RETENTION
from rules.sweep import PlanRow
from store.deletion.holds import Hold
from store.deletion.sweep_plans import PlanState, StoredPlan
from triage.sweep import words as sweep_words
from triage.sweep.preview import Preview

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def _run(number: int, kind: str, state: PlanState, made_by: str) -> StoredPlan:
    return StoredPlan(
        number, kind, state, "5f" * 32, TODAY, None, {}, [], "DSB 7/26", NOW, made_by, None, None,
    )  # fmt: skip


def _full(request: Request) -> Response:
    row = PlanRow(1, "a" * 64, LedgerState.DONE, TODAY, "SC-West", "345")
    kinds = ("retention", "art17", "sgb84", "art17")
    runs = tuple(
        _run(number, kind, state, made_by)
        for number, (kind, state, made_by) in enumerate(
            zip(kinds, PlanState, ("worker", "a-1", "a-2", "a-1"), strict=True), start=1
        )
    )
    return _page(
        request,
        preview=Preview(TODAY, HOUSE_RETENTION, (row, row), (), has_more=True, hash="5f" * 32),
        rows=pager.Part(
            tuple(("SC-West", "345", reason, 1284) for reason in sweep_words.REASONS), 1284, "ab"
        ),
        runs=runs,
        more_runs=7,
        more_holds=7,
        holds=(
            Hold(1, 40721, None, "rechtsstreit", "S 12 AL 345/26", NOW, "a-1"),
            Hold(2, None, "SC-West", "pruefung", "P 3", NOW, "a-1"),
        ),
        over=(
            Hold(3, 40719, None, "rechtsstreit", "S 9 AL 12/26", NOW, "a-2", NOW, "a-1"),
            Hold(4, None, "SC-Ost", "pruefung", "P 2", NOW, "a-1", NOW, "a-2"),
        ),
        more_over=3,
        over_open=True,
        aside_reasons=(("mail.newsletter", 12), ("bug", 1)),
    )


def _empty(request: Request) -> Response:
    nothing = Preview(TODAY, HOUSE_RETENTION, (), (), has_more=False, hash="5f" * 32)
    rows = pager.Part((), 0, "")
    return _page(
        request, preview=nothing, rows=rows, runs=(), more_runs=0, holds=(), more_holds=0,
        over=(), more_over=0, over_open=False, aside_reasons=(),
    )  # fmt: skip


def _page(request: Request, **values: object) -> Response:
    return page(
        request, "loeschung.html", own="a-1", newest_aside=40721, reasons=sweep_words.REASONS,
        kinds=sweep_words.KINDS, states=sweep_words.STATES, hold_words=sweep_words.HOLDS, **values,
    )  # fmt: skip


def _proof(request: Request, *, complete: bool = True) -> Response:
    lines = ("Löschnachweis zum Löschlauf 1", f"Prüfsumme der Liste: {'5f' * 32}", "Gelöscht: 4")
    return page(
        request, "loeschnachweis.html", run=_run(1, "retention", PlanState.DONE, "worker"),
        is_complete=complete, lines=lines, stand=NOW,
    )  # fmt: skip


PAGES: dict[str, Callable[[Request], Response]] = {
    "loeschung": _full,
    "loeschung-leer": _empty,
    "loeschnachweis": _proof,
    "loeschnachweis-offen": lambda request: _proof(request, complete=False),
}
