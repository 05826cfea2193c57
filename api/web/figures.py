"""The page "Zahlen": a period by day, concern, channel, agency or region, with curve and export."""

from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Response
from markupsafe import Markup

from api.web import days, plots, refusals, words
from api.web.render import csv_file, page
from api.web.visit import OpensFigures, Visit
from rules.errors import Refused
from rules.figures import SHOWN, By, Measure
from rules.texts.placeholders import WEEKDAYS
from triage import day_figures
from triage.day_figures import Report
from triage.doorkeeper import visible_agencies

router = APIRouter(include_in_schema=False)

_SPAN_DAYS = 28
"""Days shown where none are asked for: four whole weeks. Hausregel."""


COLUMNS: Final = tuple(
    (name, SHOWN.index(measure))
    for name, measure in (
        ("Eingang", Measure.RECEIVED),
        ("einsortiert", Measure.SORTED),
        ("erledigt", Measure.DONE),
        ("an eAkte übergeben", Measure.HANDED_OVER),
        ("korrigiert", Measure.CORRECTED),
    )
)
"""What a column is called, and its place among the numbers of a line; in the order of the work."""


@router.get("/zahlen")
def figures_page(
    visit: OpensFigures, von: str = "", bis: str = "", je: str = By.CONCERN.value, agentur: str = ""
) -> Response:
    """`von`, `bis`: TT.MM.JJJJ. A fault is shown beside the usual four weeks."""
    since, until, fault = _period(visit, von, bis)
    by = By(je) if je in set(By) else By.CONCERN
    try:
        told = _report(visit, since, until, by, agentur)
    except Refused as exc:
        if exc.code != "figures.period":
            raise
        since, until = visit.today - timedelta(days=_SPAN_DAYS - 1), visit.today
        told, fault = _report(visit, since, until, by, agentur), _too_long()
    return page(
        visit.request,
        "zahlen.html",
        status=422 if fault else 200,
        report=told,
        fault=fault,
        von=von or days.short_day(since),
        bis=bis or days.short_day(until),
        agentur=agentur,
        agencies=_agencies(visit, agentur),
        names=_names(visit, told),
        below=visit.house.policy.small_cell,
        curve=curve_of(told),
        agreed=agreed_of(told),
        parts=parts_of(told),
        trends={one.concern: one.shares for one in told.trend.concerns},
        spark=plots.spark,
        marked=marked_of(told),
        busy=busy_of(told),
        weekdays=WEEKDAYS,
        columns=COLUMNS,
    )


@router.get("/zahlen-markierungen.csv")
def marks_csv(visit: OpensFigures, von: str = "", bis: str = "", agentur: str = "") -> Response:
    """The marks of the period as a file, by day, agency and mark."""
    since, until = _readable(visit, von, bis)
    text = day_figures.export_marks(
        visit.house, visit.caller, since=since, until=until, agency_code=agentur or None
    )
    return csv_file(text, f"markierungen-{since}-{until}.csv")


@router.get("/zahlen.csv")
def figures_csv(visit: OpensFigures, von: str = "", bis: str = "", agentur: str = "") -> Response:
    """The same period as a file for a spreadsheet, by agency and Geschäftsvorgang."""
    since, until = _readable(visit, von, bis)
    text = day_figures.export(
        visit.house, visit.caller, since=since, until=until, agency_code=agentur or None
    )
    return csv_file(text, f"zahlen-{since}-{until}.csv")


def _report(visit: Visit, since: date, until: date, by: By, agency: str) -> Report:
    return day_figures.report(
        visit.house, visit.caller, since=since, until=until, by=by, agency_code=agency or None
    )


def _period(visit: Visit, von: str, bis: str) -> tuple[date, date, str]:
    """The days asked for and "", or the usual ones and what was wrong."""
    usual = visit.today - timedelta(days=_SPAN_DAYS - 1)
    try:
        until = days.typed(bis, today=visit.today) if bis else visit.today
        since = days.typed(von, today=visit.today) if von else until - (visit.today - usual)
    except Refused as exc:
        return usual, visit.today, refusals.refusal(exc)
    return since, until, ""


def _readable(visit: Visit, von: str, bis: str) -> tuple[date, date]:
    """The days asked for. Raises: Refused: `date.unreadable`."""
    since, until, fault = _period(visit, von, bis)
    if fault:
        raise days.unreadable()
    return since, until


def _too_long() -> str:
    return (
        "Der Zeitraum muss mit seinem ersten Tag beginnen und darf höchstens"
        f" {day_figures.LONGEST_DAYS} Tage haben. Gezeigt werden die letzten vier Wochen."
    )


def _agencies(visit: Visit, asked: str) -> list[tuple[str, str]]:
    """Those to choose from; at the end the one asked for, if it was merged into another."""
    codes, directory = visible_agencies(visit.house, visit.caller), visit.house.directory
    shown = {
        agency.code: agency.name
        for agency in directory.active()
        if codes is None or agency.code in codes
    }
    now = directory.agency(asked)
    if now is not None and asked not in shown:
        shown[asked] = f"jetzt {now.name}"
    return list(shown.items())


def _names(visit: Visit, told: Report) -> dict[str, str]:
    """What each line is called, of mails and of marks."""
    keys = [*(line.key for line in told.lines), *(line.key for line in told.marks.lines)]
    if told.by is By.CONCERN:
        return {"": "noch nicht eingeordnet oder beiseitegelegt", **words.CONCERNS}
    if told.by is By.CHANNEL:
        return {"": "noch nicht eingeordnet oder beiseitegelegt", **words.CHANNELS}
    if told.by is By.DAY:
        return {key: days.day(date.fromisoformat(key)) for key in keys}
    if told.by is By.REGION:
        return {"": "ohne Region"}
    found = ((key, visit.house.directory.agency(key)) for key in keys)
    return {"": "Klärung", **{key: f"{key} {agency.name}" for key, agency in found if agency}}


def curve_of(told: Report) -> Markup:
    """Received and done day by day."""
    shown = [date.fromisoformat(line.key) for line in told.days]
    return plots.curve(
        [f"{day:%d.%m.}" for day in shown],
        (
            ("Eingang", [line.numbers[0] for line in told.days]),
            ("erledigt", [line.numbers[1] for line in told.days]),
        ),
        told="Eingang und Erledigung je Tag; dieselben Zahlen stehen in der Tabelle darunter.",
    )


def busy_of(told: Report) -> Markup:
    """Received by the hour, the mean of Monday to Friday."""
    hours = [sum(day[hour] for day in told.week[:5]) / 5 for hour in range(24)]
    return plots.bars(
        [f"{hour}" for hour in range(24)],
        hours,
        told="Eingang je Stunde an einem mittleren Werktag; Zahlen in der Tabelle darunter.",
    )


def parts_of(told: Report) -> tuple[str, ...]:
    """What the parts of the trend are called: the first day of a week, or a month."""
    months = told.trend.is_monthly
    return tuple(f"{day:%m/%Y}" if months else f"{day:%d.%m.}" for day in told.trend.starts)


def agreed_of(told: Report) -> Markup:
    """How many of a hundred verdicts stood, over time, all concerns together."""
    return plots.curve(
        parts_of(told),
        [("stehen geblieben", [None if s is None else 100 * s for s in told.trend.overall])],
        told="Von 100 Einordnungen stehen geblieben, im Verlauf; Zahlen in der Tabelle darunter.",
        top=100,
    )


def marked_of(told: Report) -> Markup:
    """Marks day by day, all together."""
    shown = [date.fromisoformat(line.key) for line in told.marks.days]
    return plots.curve(
        [f"{day:%d.%m.}" for day in shown],
        [("Markierungen", [line.numbers[0] for line in told.marks.days])],
        told="Markierungen aus Outlook je Tag; dieselben Zahlen stehen in der Tabelle darunter.",
    )
