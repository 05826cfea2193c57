"""Invented figures of four weeks for the gallery of pages: full, with small numbers, and empty."""

from datetime import date, timedelta

from fastapi import Request, Response

from api.web import figures as shown
from api.web import plots
from api.web.render import page
from rules.figures import By
from rules.trend import ConcernTrend, Trend
from triage.day_figures import Line, Machine, Report
from triage.marks.figures import HiddenLine, MarkReport

UNTIL = date(2026, 11, 23)
SINCE = UNTIL - timedelta(days=27)


def report(*, empty: bool = False) -> Report:
    """Made up day by day; weekends are quiet, one day is too small to be shown."""
    days = [SINCE + timedelta(days=n) for n in range(28)]
    counts = [(400 - 90 * day.weekday() % 370, 380 - 70 * day.weekday() % 350) for day in days]
    lines = [
        Line(
            day.isoformat(),
            (None, None, 0, 0, None) if n == 9 else (*count, count[1] // 2, 12, count[0]),
        )
        for n, (day, count) in enumerate(zip(days, counts, strict=True))
    ]
    week = tuple(
        tuple(float(max(0, 60 - 6 * abs(hour - 10))) / (day + 1) for hour in range(24))
        for day in range(7)
    )
    concerns = (
        Line("au", (2104, 1980, 1711, 44, 2104)),
        Line("arbeitsuchend", (811, 790, 0, 31, 811)),
        Line("familienkasse", (None, None, 0, None, None)),
        Line("", (None, 0, 0, 0, None)),
    )
    return Report(
        since=SINCE,
        until=UNTIL,
        by=By.CONCERN,
        lines=() if empty else concerns,
        days=() if empty else tuple(lines),
        total=(0, 0, 0, 0, 0) if empty else (2931, 2774, 1711, 78, 2918),
        minutes=None if empty else 1310.4,
        week=((0.0,) * 24,) * 7 if empty else week,
        machine=()
        if empty
        else (Machine("au", 0.978, has_fallen=False), Machine("termin", None, has_fallen=True)),
        open_days=(UNTIL,),
        trend=_trend(empty=empty),
        marks=_marks(empty=empty),
    )


def _trend(*, empty: bool) -> Trend:
    starts = tuple(SINCE + timedelta(days=n) for n in (0, 3, 10, 17, 24))
    if empty:
        return Trend(starts, is_monthly=False, overall=(None,) * 5, concerns=())
    shares = (0.98, 0.97, None, 0.96, 0.91)
    return Trend(starts, False, shares, (ConcernTrend("au", shares),))


def _marks(*, empty: bool) -> MarkReport:
    if empty:
        return MarkReport((), (), (), ())
    days = tuple(HiddenLine(f"2026-11-{20 + n}", (None if n == 1 else 40 * n,)) for n in range(4))
    lines = (HiddenLine("au", (120, None, 0)), HiddenLine("", (9, 7, None)))
    return MarkReport(("Erledigt", "Lage Nord", ""), lines, (129, None, None), days)


def figures(request: Request, *, empty: bool = False) -> Response:
    """The page with everything on it, or with nothing to count."""
    told = report(empty=empty)
    return page(
        request, "zahlen.html", status=422, report=told, von="31.02.2026", bis="23.11.2026",
        fault="Diesen Tag gibt es nicht.", agentur="017", names={"": "noch nicht eingeordnet"},
        agencies=[("017", "Lindenfurt"), ("023", "Haselmoor")], below=5,
        curve=shown.curve_of(told), agreed=shown.agreed_of(told), parts=shown.parts_of(told),
        spark=plots.spark, marked=shown.marked_of(told),
        trends={one.concern: one.shares for one in told.trend.concerns},
        busy=shown.busy_of(told), weekdays=shown.WEEKDAYS, columns=shown.COLUMNS,
    )  # fmt: skip
