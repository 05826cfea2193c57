"""The door to the next item: calls at the same moment share one commit, and are answered apart.

The first answer to an Idempotency-Key is written by the station, in the commit of the claim; the
words of that answer are made here, once, and are the very bytes that leave. Own decision 0079.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from fastapi import FastAPI, Request, Response

from api import errors, idempotency, metrics
from api.gathering import Gathering
from api.schemas.items import ClaimOut
from rules.access import Caller
from rules.codes import Concern
from rules.errors import HouseError
from triage.desk import handing_out
from triage.desk.claimed import Claim
from triage.desk.handing_out import Asked, Outcome
from triage.house import House
from triage.idempotency import Answer

Line: TypeAlias = Gathering[Asked, Outcome | Answer]

JSON_TYPE = "application/json"

AGENCY_CODE_CHARS_MAX: Final = 20
"""Longest code of an agency that a door looks up; the codes have three characters, or eight."""


def line_of(house: House) -> Line:
    """The waiting line of this process."""

    def run(asked: Sequence[Asked]) -> list[Outcome | Answer]:
        return handing_out.hand_out(house, asked, written=_written)

    return Gathering(run)


async def take(
    request: Request,
    caller: Caller,
    agency_code: str,
    *,
    concern: Concern | None = None,
    language: str | None = None,
) -> Response:
    """The answer to `POST next`. Raises: HouseError: as `triage.desk.handing_out.hand_out` says."""
    app: FastAPI = request.app
    line: Line = app.state.next_line
    named = await idempotency.named(request, caller)
    outcome = await line.ask(Asked(caller, agency_code, concern, language, named))
    idempotency.kept_by_station(request.scope)
    if isinstance(outcome, HouseError):
        raise outcome
    if isinstance(outcome, Answer):
        metrics.REPLAYS.inc()
        return idempotency.again(outcome)
    return _response(_of_claim(outcome))


def _of_claim(claim: Claim | None) -> Answer:
    if claim is None:
        return Answer(204, {}, "")
    return Answer(
        200, {"content-type": JSON_TYPE}, ClaimOut.model_validate(claim).model_dump_json()
    )


def _written(outcome: Outcome) -> Answer | None:
    """As the answer leaves: what `errors.answer` and `_response` will say."""
    if not isinstance(outcome, HouseError):
        return _of_claim(outcome)
    return idempotency.answer_to_keep(errors.json_of(errors.problem_of(outcome)))


def _response(answer: Answer) -> Response:
    return Response(answer.body or None, answer.status, answer.headers)
