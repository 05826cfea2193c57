"""The pages "Ausgang" and "Abgleich" in their states, without a house."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from fastapi import Request, Response

from api.web.outgoing import KINDS, STATES, Asked, Fault, state_words, title_of
from api.web.pager import Part
from api.web.render import page
from store.sending.outgoing import Outgoing
from store.sending.outgoing_watch import Late
from store.tables.ledger import OutgoingState
from triage.sending import again, day_match
from triage.sending.day_match import DayMatch, Line
from triage.sending.words import why

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
KEY = "eakte-40721-90211-0123456789ab"

_ROW = Outgoing(
    id=871, kind="eakte", item_id=1284, message_id=40721, idempotency_key=KEY, payload={},
    state=OutgoingState.DEAD, tries=20, next_try_at=None, claimed_until=None,
    fence=20, answer=None, receipt=None, created_at=NOW - timedelta(days=3), sent_at=None,
    done_at=NOW, error_code="eakte.drop_missing",
)  # fmt: skip
_ROWS = (
    _ROW,
    replace(_ROW, id=872, kind="task", state=OutgoingState.REJECTED, error_code="task.cancelled"),
    replace(_ROW, id=873, kind="reply", state=OutgoingState.RECEIPTED, sent_at=NOW, error_code=""),
    replace(_ROW, id=874, state=OutgoingState.NEW, next_try_at=NOW, error_code="eakte.away"),
    replace(_ROW, id=875, error_code="eakte.record_missing"),
    replace(
        _ROW,
        id=876,
        state=OutgoingState.SENT,
        sent_at=NOW,
        error_code="",
        payload={"again": [{"at": "", "reason": "eAkte, Hotline: kein solcher Schlüssel"}]},
    ),
)
_MATCH = DayMatch(
    TODAY,
    (
        Line("missing_there", KEY, 1284, "Südost"),
        Line("missing_here", "prozess-11111111-2222-4333-8444-555555555555", None, None),
        Line("rejected", KEY.replace("40721", "40722"), 1285, "Südost"),
        *(Line("correct", f"eakte-{n}-{n}-0123456789ab", n, "Südost") for n in range(1, 1200)),
    ),
)
_LATE = (Late(871, "eakte", KEY, 1284, NOW - timedelta(days=2)),
         Late(872, "task", "task-atv_termin-0123456789abcdef0123", None, NOW))  # fmt: skip


def _outgoing(request: Request, rows: tuple[Outgoing, ...] = _ROWS) -> Response:
    return page(
        request, "ausgang.html", rows=rows, more="stand=&art=&nach=3" if rows else "",
        asked=Asked("", "eakte"), states=STATES, kinds=KINDS, title_of=title_of,
        words_of=state_words, why=why, dead=len(rows), may_again=again.is_possible,
        again_because=lambda row: again.reason_of(row.payload),
        fault=Fault(876, "Eine Begründung hat 10 bis 500 Zeichen.", "nichts da"),
    )  # fmt: skip


def _match(request: Request, **changed: object) -> Response:
    values: dict[str, object] = {
        "day": TODAY, "typed": "23.11.2026", "fault": "", "found": _MATCH, "away": "",
        "heaps": day_match.HEAPS, "late": _LATE, "more_late": "ZAAGR7", "is_later": True,
        "odd": Part(_MATCH.odd, 1284, "ab"), "kinds": KINDS, "title_of": title_of, "stand": NOW,
    }  # fmt: skip
    return page(request, "abgleich.html", **(values | changed))


PAGES: dict[str, Callable[[Request], Response]] = {
    "ausgang": _outgoing,
    "ausgang-leer": lambda request: _outgoing(request, ()),
    "abgleich": _match,
    "abgleich-stimmt": lambda request: _match(request, found=DayMatch(TODAY, ()), late=()),
    "abgleich-weg": lambda request: _match(
        request, found=None, away="eakte.away", fault="Diesen Tag gibt es nicht.", typed="31.2."
    ),
}
