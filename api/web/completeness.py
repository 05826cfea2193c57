"""The page "Vollzähligkeit": the proof of one day that every mail seen is accounted for."""

from datetime import date

from fastapi import APIRouter, Response

from api.web import days, pager, refusals, words
from api.web.render import page, slug
from api.web.visit import OpensFigures, Visit
from rules.errors import Refused
from triage import completeness
from triage.known import perhaps_twice

router = APIRouter(include_in_schema=False)


@router.get("/vollzaehligkeit")
def completeness_page(visit: OpensFigures, tag: str = "", nach: str = "") -> Response:
    """One row a postbox, and each mail that differs with what to do. `tag`: TT.MM.JJJJ.

    `nach` is the cursor of the mails that differ.
    """
    day, fault = asked_day(visit, tag)
    sums = completeness.proof_of_day(visit.house, visit.caller, day=day)
    return page(
        visit.request,
        "vollzaehligkeit.html",
        status=422 if fault else 200,
        day=day,
        typed=tag or days.short_day(day),
        fault=fault,
        sums=sums,
        differences=pager.part(_named(sums), lambda row: slug(f"{row[0]}/{row[2]}"), after=nach),
        pairs=perhaps_twice.listing(visit.house, visit.caller),
        closes=all(one.closes for one in sums),
        stand=visit.house.clock(),
    )


def asked_day(visit: Visit, typed: str) -> tuple[date, str]:
    """The day asked for and "", or today and what was wrong with it."""
    try:
        return (days.typed(typed, today=visit.today) if typed else visit.today), ""
    except Refused as exc:
        return visit.today, refusals.refusal(exc)


def _named(sums: tuple[completeness.Completeness, ...]) -> tuple[tuple[int, str, str, str], ...]:
    """Each mail once, with its postbox: (number, postbox, what is wrong, what to do)."""
    found = {
        (one.message_id, one.fault.value): sum_.postbox or "–"
        for sum_ in reversed(sums)
        for one in sum_.differences
    }
    return tuple(
        (number, postbox, *words.difference(fault))
        for (number, fault), postbox in sorted(found.items())
    )
