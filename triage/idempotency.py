"""A request that is repeated with its key does nothing twice and gets its first answer.

The doors call `begin` before the deed and `finish` after it. While it runs, the key is leased,
so that a twin on another machine is turned away instead of doing it again. The deed commits by
itself: if the process dies between deed and `finish`, the key is free again when the lease is
over, and a repetition runs anew. So that it does nothing twice, a deed keeps under its key in its
own commit that it is done (`once`), and a mail handed in what became of it (`promise`). A deed of
many commits keeps neither: its repetition goes on with what is left.
An answer holds what its caller could see then; to a caller who reaches less by now it is not given.
Source: F66; own decisions 0021, 0102, 0119, 0134.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from rules.access import Caller, covers
from rules.errors import Conflict, HouseError, Refused
from store.database.engine import Tx
from store.doors import caller_scope, idempotency
from store.processes import leases
from store.processes.leases import Lease
from triage.house import House

RUN_SECONDS: Final = 120
"""Longest a deed runs under its key. Source: own decision 0021; twice the slowest request allowed
by the usual proxy (60 s)."""

KEPT_HOURS: Final = 24
"""How long a repetition gets the first answer. Source: own decision 0021."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which request: its key, and what it asks. `fingerprint` is the SHA-256 of the whole of it."""

    caller: Caller
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left: status, headers worth repeating, and the body, byte for byte."""

    status: int
    headers: dict[str, str]
    body: str
    is_promise: bool = False
    """Kept with the deed, while the whole answer may still be made."""


_PROMISED: Final = "promised"
"""Marks an answer that was kept with the deed; it counts once nobody makes a better one.

Holds whose turn may make that: its lease's owner, or true for any of the same status."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do the deed of this request, until `finish` or `give_up`."""

    request: Request
    lease: Lease


def request_of(caller: Caller, key: str, *, method: str, target: str, body: bytes) -> Request:
    """Name a request; `target` is path and query. Pure."""
    head = f"{method} {target}\n".encode()
    return Request(caller, key, sha256(head + body).hexdigest())


def begin(house: House, request: Request) -> Turn | Answer:
    """The first answer where there is one, else the turn to do it now.

    Raises: Refused: `idempotency.reused`: the key came with another request before;
    `access.narrowed`: the caller reaches less than when it was given. Conflict:
    `idempotency.in_progress`: the same request runs at this moment.
    """
    with house.db.read() as tx:
        given = _look(tx, request)
    if given is not None and not given.is_promise:
        return given
    now = house.clock()
    with house.db.write() as tx:
        lease = leases.take(
            tx, _lease_name(request), owner=secrets.token_hex(8), now=now, seconds=RUN_SECONDS
        )
        if lease is None:
            raise _in_progress()
        given = _look(tx, request)
        if given is None:
            return Turn(request, lease)
        leases.release(tx, lease, now=now)
    return given


def promise(tx: Tx, request: Request, answer: Answer, *, now: datetime) -> None:
    """Keep in the commit of the deed what a repetition hears if the whole answer is never made.

    Own decision 0119. Raises: Conflict: `idempotency.in_use`: another did this deed meanwhile.
    """
    _remember(tx, request, _marked(answer, request.caller, by=True), now=now)


def once(house: House, turn: Turn, answer: Answer) -> House:
    """The house for a deed of one commit: it also keeps that the deed is done, or is undone.

    `answer` is what a repetition hears if the whole one is never made. Whoever comes to commit
    after another has done this deed writes nothing: Conflict `idempotency.in_use`.
    """
    marked = _marked(answer, turn.request.caller, by=turn.lease.owner)

    def keep(tx: Tx) -> None:
        if not _is_of(turn, _promised(tx, turn.request)):
            _remember(tx, turn.request, marked, now=house.clock())

    return replace(house, db=house.db.with_last_word(keep))


def finish(house: House, turn: Turn, answer: Answer) -> None:
    """Keep the first answer for repetitions.

    Raises: Conflict: `idempotency.in_use`: the turn took too long and another was faster.
    """
    now, request = house.clock(), turn.request
    with house.db.write() as tx:
        kept = _kept(answer, request.caller)
        if _may_replace(turn, _promised(tx, request), kept):
            idempotency.replace(tx, request.caller.name, key=request.key, answer=kept)
        else:
            _remember(tx, request, kept, now=now)
        leases.release(tx, turn.lease, now=now)


def _promised(tx: Tx, request: Request) -> idempotency.Answer | None:
    """What was kept with the deed of this request, while there is no whole answer."""
    place = _row_of(request)
    given = idempotency.look_each(tx, {place}).get(place)
    if given is None or given.request_hash != request.fingerprint:
        return None
    return given.answer if given.answer.body.get(_PROMISED) else None


def _may_replace(turn: Turn, before: idempotency.Answer | None, kept: idempotency.Answer) -> bool:
    """Whether the whole answer of this turn comes into the place of that promised one."""
    if before is None:
        return False
    is_any = before.body[_PROMISED] is True and before.status == kept.status
    return is_any or _is_of(turn, before)


def _is_of(turn: Turn, promised: idempotency.Answer | None) -> bool:
    return promised is not None and promised.body[_PROMISED] == turn.lease.owner


def _marked(answer: Answer, caller: Caller, *, by: str | bool) -> idempotency.Answer:
    kept = _kept(answer, caller)
    return idempotency.Answer(kept.status, {**kept.body, _PROMISED: by})


def _remember(tx: Tx, request: Request, kept: idempotency.Answer, *, now: datetime) -> None:
    idempotency.remember(
        tx,
        request.caller.name,
        key=request.key,
        request_hash=request.fingerprint,
        answer=kept,
        now=now,
    )


def give_up(house: House, turn: Turn) -> None:
    """The deed failed and left nothing behind; the key is free for the next try."""
    with house.db.write() as tx:
        leases.release(tx, turn.lease, now=house.clock())


def pass_each(
    tx: Tx, requests: Mapping[int, Request], *, now: datetime
) -> dict[int, Answer | HouseError | None]:
    """As `begin` for deeds that share a commit with their answers (`keep_each`).

    By the keys of `requests`: the first answer; the error that `begin` would raise; or None for
    what is to be done now, and nobody else begins that before the transaction ends. Decision 0079.
    """
    found: dict[int, Answer | HouseError | None] = {}
    if not requests:
        return found
    names = {_lease_name(one) for one in requests.values()}
    free = leases.pass_through(tx, names, now=now, seconds=RUN_SECONDS)
    given = idempotency.look_each(tx, {_row_of(one) for one in requests.values()})
    taken: set[tuple[str, str]] = set()
    for place, one in requests.items():
        before = given.get(_row_of(one))
        if before is not None:
            is_same = before.request_hash == one.fingerprint
            found[place] = _given(before.answer, one.caller) if is_same else _reused()
        elif _lease_name(one) not in free or _row_of(one) in taken:
            found[place] = _in_progress()
        else:
            taken.add(_row_of(one))
            found[place] = None
    return found


def keep_each(tx: Tx, answers: Mapping[Request, Answer], *, now: datetime) -> None:
    """Keep first answers, in the transaction of the deeds and of `pass_each`."""
    given = {
        _row_of(one): idempotency.Given(one.fingerprint, _kept(answer, one.caller))
        for one, answer in answers.items()
    }
    idempotency.remember_each(tx, given, now=now)


def forget(house: House) -> int:
    """Drop answers older than `KEPT_HOURS`; how many. For the worker that keeps order."""
    before = house.clock() - timedelta(hours=KEPT_HOURS)
    with house.db.write() as tx:
        return idempotency.forget(tx, before=before)


def _look(tx: Tx, request: Request) -> Answer | None:
    try:
        found = idempotency.look(
            tx, request.caller.name, key=request.key, request_hash=request.fingerprint
        )
    except Conflict as exc:
        raise _reused() from exc
    given = None if found is None else _given(found, request.caller)
    if isinstance(given, HouseError):
        raise given
    return given


def _given(found: idempotency.Answer, caller: Caller) -> Answer | Refused:
    """The kept answer, or why this caller doesn't get it any more."""
    reach = found.body.get("reach")
    # An answer that the version before has kept names no reach.
    if reach and not covers(caller, caller_scope.caller_of(caller.name, reach["role"], reach)):
        return Refused(
            "access.narrowed",
            "you may see less than when this was answered; ask again with a fresh key",
        )
    is_promise = bool(found.body.get(_PROMISED))
    return Answer(found.status, found.body["headers"], found.body["text"], is_promise)


def _kept(answer: Answer, caller: Caller) -> idempotency.Answer:
    reach = {"role": caller.role.value} | caller_scope.as_json(caller)
    body = {"headers": answer.headers, "text": answer.body, "reach": reach}
    return idempotency.Answer(answer.status, body)


def _row_of(request: Request) -> tuple[str, str]:
    return request.caller.name, request.key


def _reused() -> Refused:
    return Refused(
        "idempotency.reused",
        "this Idempotency-Key came with another request before; take a fresh one",
    )


def _in_progress() -> Conflict:
    return Conflict(
        "idempotency.in_progress",
        "a request with this Idempotency-Key is being worked on; repeat it in a moment",
    )


def _lease_name(request: Request) -> str:
    named = f"{request.caller.name}\n{request.key}".encode()
    return f"idempotency:{sha256(named).hexdigest()}"
