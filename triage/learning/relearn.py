"""From clerks' corrections to training mail: listed, confirmed by a second person, exported.

A correction alone teaches nothing: it may be a slip, or a wish to be rid of an item. The export is
a local file with the text of real mail; it belongs under the retention of the mail itself and never
into a repository. Source: F26 (corrections feed training), N17 (weak labels); own decision 0029.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingest.parse import parse
from rules.access import Caller, Permission, may_see_region, require, require_person
from rules.codes import Channel, Concern
from rules.errors import Conflict, HouseError, Refused
from rules.reasons import SHORTEST, is_too_short
from rules.routing import CONCERN_FOLDER
from store.database.engine import Tx
from store.desk import items
from store.mails import heads, ledger, verdicts
from store.mails.verdicts import NewVerdict, StoredVerdict
from store.places import sightings
from store.trail import audit
from triage.house import House
from triage.learning import training_file
from triage.learning.training_file import WEAK, WEAK_WEIGHT
from triage.marks import outlook_correction

CONFIRMED: Final = verdicts.CONFIRMED

_MOST: Final = 100_000
"""Verdicts read at once; an export of more needs more memory than a training has."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction that counts, without any content. `state` is "clerk" or "confirmed".

    `id` is the verdict's, as in `Waiting`.
    """

    id: int
    message_id: int
    state: str
    by: str
    concerns: tuple[str, ...]
    payment: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A clerk's correction beside what the machine had said; `at` is when it was corrected.

    `is_own`: the caller corrected it, so somebody else must confirm it. `id` is the verdict's.
    """

    id: int
    message_id: int
    at: datetime
    is_own: bool
    machine_concerns: tuple[str, ...]
    machine_payment: str
    concerns: tuple[str, ...]
    payment: str


@dataclass(frozen=True, slots=True)
class Exported:
    """How many lines of which kind were written; `left_out` mails could not be used."""

    confirmed: int
    weak: int
    left_out: int


def corrections(house: House, caller: Caller) -> tuple[Correction, ...]:
    """All corrections of the caller's regions that count now, those to be confirmed first.

    Raises: Refused: `access.*`.
    """
    require(caller, Permission.MANAGE_MODELS)
    with house.db.read() as tx:
        found = [
            *verdicts.latest_of_source(tx, "clerk", limit=_MOST, regions=caller.whole_regions),
            *verdicts.latest_of_source(tx, CONFIRMED, limit=_MOST, regions=caller.whole_regions),
        ]
    return tuple(
        Correction(v.id, v.message_id, v.source, v.by, _codes(v.body), v.payment) for v in found
    )


def waiting(
    house: House, caller: Caller, *, limit: int, after: int | None = None
) -> tuple[Waiting, ...]:
    """The oldest corrections that nobody confirmed yet, without content.

    `after` is the id of the last one of the page before. Raises: Refused: `access.denied`.
    """
    require(caller, Permission.MANAGE_MODELS)
    with house.db.read() as tx:
        found = verdicts.latest_of_source(
            tx, "clerk", limit=limit, after=after, regions=caller.whole_regions
        )
        before = verdicts.latest_by_machine(tx, [one.message_id for one in found])
    return tuple(_waiting(one, before.get(one.message_id), caller) for one in found)


def _waiting(said: StoredVerdict, before: StoredVerdict | None, caller: Caller) -> Waiting:
    return Waiting(
        id=said.id,
        message_id=said.message_id,
        at=said.at,
        is_own=said.by == caller.name,
        machine_concerns=_codes(before.body) if before and before.body else (),
        machine_payment=before.payment if before else "",
        concerns=_codes(said.body),
        payment=said.payment,
    )


def confirm(house: House, caller: Caller, message_id: int, *, seen: int | None = None) -> None:
    """Say as a second person that the clerk's correction is right. Repeating it is refused.

    `seen` is the id of the correction that the person was shown.
    Raises: Refused: `access.*`, `mail.unknown` also out of scope, `relearn.no_correction`,
    `relearn.same_person`. Conflict: `relearn.corrected_again`: another one waits by now.
    """
    require(caller, Permission.MANAGE_MODELS)
    require_person(caller)
    with house.db.write() as tx:
        latest = _correction(tx, caller, message_id, seen)
        if latest.by == caller.name:
            raise Refused(
                "relearn.same_person",
                f"Message {message_id} was corrected by yourself; somebody else must confirm it.",
                message_id=message_id,
            )
        _settle(house, tx, caller, latest, source=CONFIRMED, body=latest.body)


def turn_down(
    house: House, caller: Caller, message_id: int, *, reason: str, seen: int | None = None
) -> None:
    """Say that the clerk's correction is wrong: it stops waiting and never teaches.

    The item stays as the clerk left it; another correction waits anew. Who corrected may do this,
    too. The reason goes with the content of the mail. Repeating it is refused. `seen` and
    Conflict: as `confirm`. Raises: Refused: `access.*`, `mail.unknown` also out of scope,
    `relearn.no_correction`, `relearn.reason_too_short`.
    """
    require(caller, Permission.MANAGE_MODELS)
    with house.db.write() as tx:
        latest = _correction(tx, caller, message_id, seen)
        because = reason.strip()
        if is_too_short(because):
            raise Refused(
                "relearn.reason_too_short",
                f"A reason of at least {SHORTEST} characters is needed here.",
                message_id=message_id,
                shortest=SHORTEST,
            )
        body = {**latest.body, verdicts.TURNED_DOWN: because}
        _settle(house, tx, caller, latest, source=verdicts.TURNED_DOWN, body=body)


def _correction(tx: Tx, caller: Caller, message_id: int, seen: int | None) -> StoredVerdict:
    """The clerk's correction that waits. Raises: Refused, Conflict: as `confirm`."""
    if not may_see_region(caller, ledger.message(tx, message_id).region):
        raise ledger.unknown(message_id)
    # What a clerk is correcting at this moment must not end up below what was said before.
    items.wait_for(tx, message_id)
    latest = verdicts.latest(tx, message_id)
    if latest is None or latest.source != "clerk" or not latest.body:
        raise Refused(
            "relearn.no_correction",
            f"Message {message_id} has no correction that waits; see `postlotse relearn list`.",
            message_id=message_id,
        )
    if seen is not None and seen != latest.id:
        raise Conflict(
            "relearn.corrected_again",
            f"Message {message_id} was corrected again since; look at what waits now.",
            message_id=message_id,
        )
    return latest


def _settle(
    house: House,
    tx: Tx,
    caller: Caller,
    latest: StoredVerdict,
    *,
    source: str,
    body: Mapping[str, Any],
) -> None:
    now = house.clock()
    verdicts.add(tx, NewVerdict(latest.message_id, source, caller.name, body), now=now)
    audit.add(
        tx,
        caller.name,
        action=f"relearn.{source}",
        subject=f"message:{latest.message_id}",
        details={"concerns": list(_codes(latest.body))},
        at=now,
    )


def export(
    house: House, caller: Caller, out: Path, *, sources: Collection[str] = (CONFIRMED,)
) -> Exported:
    """Write what comes from `sources` as corpus lines: confirmed corrections, weak labels.

    The file is readable by its owner only, and is written anew. The trail tells who did it.

    Raises: Refused: `access.*`, `relearn.inside` for a place in a source tree.
    """
    require(caller, Permission.MANAGE_MODELS)
    training_file.require_outside(out)
    with house.db.read() as tx:
        lines = [line for source in sources for line in _LINES[source](house, tx)]
    kept = [line for line in lines if line is not None]
    counts = [sum(line["source"] == source for line in kept) for source in (CONFIRMED, WEAK)]
    now = house.clock()
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="relearn.exported",
            subject="relearn",
            details={"confirmed": counts[0], "weak": counts[1]},
            at=now,
        )
    # Afterwards: no text of a mail lies outside without an entry, whatever ends the writing.
    training_file.write(out, kept)
    return Exported(counts[0], counts[1], len(lines) - len(kept))


def _weak_lines(house: House, tx: Tx) -> Iterator[dict[str, Any] | None]:
    """Concerns that people said in Outlook: by a mark, or by the folder they chose."""
    for found in verdicts.latest_of_source(tx, outlook_correction.SOURCE, limit=_MOST):
        label = {"concerns": list(_codes(found.body))[:1], "payment_relevant": found.payment}
        yield _line(house, tx, found, label | {"source": WEAK, "weight": WEAK_WEIGHT})
    for source in ("machine", outlook_correction.MOVED):
        yield from _by_folder(house, tx, source)


def _by_folder(house: House, tx: Tx, source: str) -> Iterator[dict[str, Any] | None]:
    """Mails that lie by hand in another topic's folder than the machine's first concern says."""
    topics = {folder: concern for concern, folder in CONCERN_FOLDER.items()}
    for found in verdicts.latest_of_source(tx, source, limit=_MOST):
        places = sightings.lying(tx, [found.message_id]).get(found.message_id, ())
        named = {topics.get(place.folder.rpartition("/")[2]) for place in places} - {None}
        if len(named) == 1:
            (concern,) = named
            if concern is not None and concern.value != found.first_concern:
                label = {"concerns": [concern.value], "payment_relevant": found.payment}
                yield _line(house, tx, found, label | {"source": WEAK, "weight": WEAK_WEIGHT})


def _confirmed_lines(house: House, tx: Tx) -> Iterator[dict[str, Any] | None]:
    for found in verdicts.latest_of_source(tx, CONFIRMED, limit=_MOST):
        label = {"concerns": list(_codes(found.body)), "payment_relevant": found.payment}
        yield _line(house, tx, found, label | {"source": CONFIRMED})


_LINES: Final = {CONFIRMED: _confirmed_lines, WEAK: _weak_lines}


def _line(
    house: House, tx: Tx, found: StoredVerdict, label: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A corpus line (corpus/README.md); None if the original is gone or the mail says nothing.

    A head teaches nothing: what people saw in the body, the machine would learn from a subject.
    """
    message = ledger.message(tx, found.message_id)
    if heads.why(tx, found.message_id):
        return None
    try:
        mail = parse(ledger.original(tx, found.message_id), house.layouts)
    except HouseError:
        return None
    if training_file.says_nothing(mail):
        return None
    channel = Channel(found.body["channel"])
    line = training_file.line(
        f"message-{message.id}", mail, received_at=message.received_at, channel=channel
    )
    return line | dict(label)


def _codes(body: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(Concern(found["code"]).value for found in body["concerns"])
