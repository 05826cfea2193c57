"""The next item for many clerks at once: one transaction, and an answer for each.

Who asks alone gets what he would get among many: the claims are those of one clerk, one after the
other (store/desk/claim_batches.py). Limit of open claims, trail, marks and the first answer to an
Idempotency-Key are written in the same commit. Whatever breaks it, each is then tried by himself.
Source: own decision 0079.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from rules.access import Caller, Permission, may_work_agency
from rules.codes import Concern, Team
from rules.errors import HouseError, Refused, TryLater
from rules.item import ItemState
from rules.marks import wanted
from store.acts import mark_wishes
from store.database.engine import Tx
from store.desk import claim_batches
from store.desk.claim_batches import Handed, Want
from store.desk.claims import Line
from store.trail import audit
from store.trail.audit import Note
from triage import idempotency
from triage.desk import holding
from triage.desk.claimed import Claim
from triage.doorkeeper import CLEARING, require_agency
from triage.house import House
from triage.idempotency import Answer, Request

AWAY_IN_A_ROW: Final = 2
"""How many of a broken batch find no database before the others are told so without a try."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One clerk who asks for the next item of an agency (or `CLEARING`).

    `concern` and `language` are a wish for this fetch. `request` names it, where it came with an
    Idempotency-Key: then the outcome is kept as its first answer.
    """

    caller: Caller
    agency_code: str
    concern: Concern | None = None
    language: str | None = None
    request: Request | None = None


Outcome: TypeAlias = Claim | HouseError | None
"""The item, a refusal, or None where nobody waits."""

Written: TypeAlias = Callable[[Outcome], Answer | None]
"""How the door answers an outcome; None: such an answer is not kept."""


@dataclass(slots=True)
class _Round:
    """What is known so far of those who ask, by their places; who is not decided goes on."""

    asked: Sequence[Asked]
    outcomes: dict[int, Outcome | Answer] = field(default_factory=dict)
    codes: dict[int, str | None] = field(default_factory=dict)
    later: list[int] = field(default_factory=list)
    """Places of those who are served by themselves afterwards."""

    def open(self) -> list[int]:
        """The places that are not decided yet, in the order of asking."""
        later = set(self.later)
        return [n for n in range(len(self.asked)) if n not in self.outcomes and n not in later]


def hand_out(house: House, asked: Sequence[Asked], *, written: Written) -> list[Outcome | Answer]:
    """Serve all who ask; what each gets, in their order. An `Answer` was given before to that key.

    A refusal stands among the outcomes and is not raised: `access.denied`, `agency.unknown`,
    `item.open_claim`, `idempotency.reused`, `idempotency.in_progress`, `store.away`.
    """
    try:
        found = _together(house, asked, written)
    except HouseError as exc:
        return [exc] if len(asked) == 1 else _each(house, asked, written)
    for place in found.later:
        found.outcomes[place] = hand_out(house, [asked[place]], written=written)[0]
    return [found.outcomes[place] for place in range(len(asked))]


def _each(house: House, asked: Sequence[Asked], written: Written) -> list[Outcome | Answer]:
    """One by one, so that only the one that breaks the batch fails."""
    outcomes: list[Outcome | Answer] = []
    for one in asked:
        last = outcomes[-AWAY_IN_A_ROW:]
        if len(last) == AWAY_IN_A_ROW and all(isinstance(said, TryLater) for said in last):
            outcomes.append(last[-1])
        else:
            outcomes += hand_out(house, [one], written=written)
    return outcomes


def _together(house: House, asked: Sequence[Asked], written: Written) -> _Round:
    now, found = house.clock(), _Round(asked)
    with house.db.write() as tx:
        keyed = _pass_keys(tx, found, now)
        for place in found.open():
            _find_agency(house, found, place)
        _find_room(house, tx, found, now)
        handed = _claim(house, tx, found, now)
        fresh = {keyed[place]: found.outcomes[place] for place in keyed if place in found.outcomes}
        with tx.one_way():
            _note(tx, asked, handed, now)
            idempotency.keep_each(tx, _answers(fresh, written), now=now)
    return found


def _pass_keys(tx: Tx, found: _Round, now: datetime) -> dict[int, Request]:
    """Give first answers again; the requests that are to be answered now, by their places."""
    named = {n: one.request for n, one in enumerate(found.asked) if one.request is not None}
    passed = idempotency.pass_each(tx, named, now=now)
    found.outcomes |= {place: said for place, said in passed.items() if said is not None}
    return {place: named[place] for place, said in passed.items() if said is None}


def _find_agency(house: House, found: _Round, place: int) -> None:
    one = found.asked[place]
    try:
        found.codes[place] = known_agency(house, one.caller, one.agency_code)
    except Refused as exc:
        found.outcomes[place] = exc


def _find_room(house: House, tx: Tx, found: _Round, now: datetime) -> None:
    """Refuse those who hold as many items as one may; those that take a closer look come later."""
    limit = house.policy.open_claims
    places = found.open()
    if limit is None or not places:
        return
    if len(found.asked) == 1:
        refusal = holding.lack_of_room(house, tx, found.asked[0].caller, now=now)
        if refusal is not None:
            found.outcomes[0] = refusal
        return
    names = {place: found.asked[place].caller.name for place in places}
    alone = claim_batches.alone_at_once(tx, names.values())
    held = claim_batches.open_claims_of(tx, alone, now=now)
    seen: set[str] = set()
    for place, name in names.items():
        has, caller = held.get(name, []), found.asked[place].caller
        lost = any(not may_work_agency(caller, one.agency_code, one.region) for one in has)
        if name in seen or name not in alone or lost:
            found.later.append(place)
        elif len(has) >= limit:
            found.outcomes[place] = holding.no_room(has[0].id, limit)
        seen.add(name)


def _claim(house: House, tx: Tx, found: _Round, now: datetime) -> dict[int, Handed]:
    """Each in the first of his lines where something waits; decides all that are still open."""
    today, got = house.today(), dict[int, Handed]()
    teams = {n: teams_of(found.asked[n].caller, found.codes[n]) for n in found.open()}
    seconds = {
        code: holding.lease_seconds(house, code, now=now)
        for code in {found.codes[place] for place in teams}
    }
    for turn in range(max(map(len, teams.values()), default=0)):
        places = [n for n in teams if n not in got and turn < len(teams[n])]
        wants = []
        for n in places:
            one, code = found.asked[n], found.codes[n]
            line = Line(code, teams[n][turn], one.concern, one.language, today)
            wants.append(Want(line, one.caller.name, seconds[code]))
        handed = claim_batches.claim_each(tx, wants, now=now)
        got |= {n: one for n, one in zip(places, handed, strict=True) if one is not None}
    for place in teams:
        mine = got.get(place)
        found.outcomes[place] = (
            None if mine is None else Claim(mine.item_id, mine.token, mine.until)
        )
    return got


def _note(tx: Tx, asked: Sequence[Asked], handed: Mapping[int, Handed], now: datetime) -> None:
    """Trail and marks of what was handed out; the marks in the order of the messages."""
    notes = (
        (
            asked[place].caller.name,
            Note("item.claimed", f"message:{one.message_id}", {"item": one.item_id}),
        )
        for place, one in sorted(handed.items())
    )
    audit.add_each(tx, notes, at=now)
    messages = [one.message_id for one in handed.values()]
    mark_wishes.want_each(tx, messages, marks=wanted(ItemState.HELD, None), now=now)


def _answers(fresh: Mapping[Request, Outcome | Answer], written: Written) -> dict[Request, Answer]:
    """The first answers to keep. What failed by a neighbour is none: it is not in a commit."""
    answers: dict[Request, Answer] = {}
    for request, outcome in fresh.items():
        answer = outcome if isinstance(outcome, Answer) else written(outcome)
        if answer is not None:
            answers[request] = answer
    return answers


def known_agency(house: House, caller: Caller, agency_code: str) -> str | None:
    """The agency's code, None for `CLEARING`, where the caller may work.

    Raises: Refused: `access.denied`, `agency.unknown`.
    """
    if agency_code == CLEARING:
        require_agency(house, caller, None, Permission.WORK_ITEM)
        return None
    agency = house.directory.agency(agency_code)
    if agency is None:
        raise Refused("agency.unknown", f"There is no agency {agency_code}.", agency=agency_code)
    require_agency(house, caller, agency.code, Permission.WORK_ITEM)
    return agency.code


def teams_of(caller: Caller, agency_code: str | None) -> tuple[Team, ...]:
    """Whose line the caller works on: who is bound to agencies is the Eingangszone's.

    The clearing folder holds mail of both, and only the Service Center reaches it.
    Source: Weisung 202404002 no. 2.
    """
    if caller.agencies is not None:
        return (Team.EZ,)
    return (Team.SC,) if agency_code else (Team.EZ, Team.SC)
