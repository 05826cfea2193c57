"""For the supervisor of the process: does it live, is it fit to work."""

from dataclasses import dataclass

from fastapi import APIRouter, Response, status

from api.auth import HouseHere
from api.schemas.admin import LiveOut, ReadyOut
from triage.watch import health
from triage.watch.health import Check

router = APIRouter(prefix="/health", tags=["health"])


@dataclass(frozen=True, slots=True)
class Ready:
    """The answer to `ready`: all needed neighbours answer."""

    ready: bool
    checks: tuple[Check, ...]


@router.get("/live", response_model=LiveOut, summary="Does the process answer?")
async def live() -> dict[str, bool]:
    """Asks nobody: a house whose database is away must not be restarted for that."""
    return {"live": True}


@router.get(
    "/ready",
    response_model=ReadyOut,
    summary="Is the house fit to work?",
    responses={503: {"model": ReadyOut, "description": "A needed neighbour does not answer."}},
)
def ready(house: HouseHere, response: Response) -> Ready:
    """Each neighbour with its remedy in German; 503 as soon as a needed one is away."""
    checks = health.ready(house)
    fit = all(check.ok for check in checks if check.needed)
    if not fit:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Ready(fit, checks)
