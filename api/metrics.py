"""Counters of the doors, and the house's own gauges at the moment somebody asks.

Labels are routes, methods, status numbers, states, reasons and postboxes; never a path, a person
or an agency.
Listed in docs/operations.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from api.auth import HouseHere
from rules.errors import HouseError
from triage import figures, halting
from triage.house import House
from triage.rulesets import switched_off as rules_off
from triage.sending import dead_letters
from triage.sweep import proof as sweep_proof
from triage.texts import expiry as text_ends
from triage.watch import alarm_checks, freshness, outgoing_alarms, wandering

REQUESTS: Final = Counter(
    "postlotse_http_requests", "Requests answered.", ("method", "route", "status")
)
SECONDS: Final = Histogram(
    "postlotse_http_seconds",
    "Time until the answer was sent.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
REPLAYS: Final = Counter(
    "postlotse_http_replays", "Requests answered from an earlier answer to their Idempotency-Key."
)

router = APIRouter(tags=["health"])


def count(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. `route` is the pattern, so that labels stay few."""
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
def metrics(house: HouseHere) -> Response:
    """Counters of this process and gauges of the house; without the database the counters alone."""
    return Response(
        generate_latest(REGISTRY) + generate_latest(_gauges(house)),
        media_type=CONTENT_TYPE_LATEST,
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the gauges tell, read at one moment."""

    now: figures.Progress
    ways: tuple[freshness.Freshness, ...]
    aside: dict[str, int]
    ending: int
    sweep: tuple[int, Mapping[str, int]]
    dead: Mapping[str, int]
    troubles: dict[str, int]
    wanderers: dict[str, int]
    unsealed: int
    rules_off: int


def _looked(house: House) -> _Looked:
    return _Looked(
        now=figures.progress(house),
        ways=freshness.look(house),
        aside=dict(figures.aside_reasons(house)),
        ending=len(text_ends.look(house)),
        sweep=sweep_proof.waiting(house),
        dead=dead_letters.dead_by_kind(house),
        troubles={one.name: one.number for one in outgoing_alarms.WATCH.look(house)},
        wanderers={
            one.name.removeprefix(wandering.NAME): one.number for one in wandering.WATCH.look(house)
        },
        unsealed=alarm_checks.unsealed(house),
        rules_off=len(rules_off.WATCH.look(house)),
    )


def _gauges(house: House) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("postlotse_database_up", "Whether the database answers.", registry=registry)
    try:
        looked = _looked(house)
    except HouseError:
        up.set(0)
        return registry
    up.set(1)
    _tell_mails(registry, looked)
    _tell_care(registry, looked)
    return registry


def _tell_mails(registry: CollectorRegistry, looked: _Looked) -> None:
    now, (waiting, outside) = looked.now, looked.sweep
    _each(
        Gauge("postlotse_mails", "Mails by how far they are.", ("state",), registry=registry),
        {"seen": now.seen, "kept": now.kept, "done": now.done},
    )
    _each(
        Gauge("postlotse_aside", "Mails that lie aside now.", ("reason",), registry=registry),
        looked.aside,
    )
    _each(
        Gauge(
            "postlotse_oldest_unsorted_seconds",
            "How long the oldest unsorted mail has waited; 0 where none waits.",
            ("postbox",),
            registry=registry,
        ),
        {way.way: way.age_seconds for way in looked.ways},
    )
    Gauge("postlotse_sweep_waiting", "Mails of ordered runs.", registry=registry).set(waiting)
    _each(
        Gauge("postlotse_sweep_copies", "Copies to remove.", ("kind",), registry=registry), outside
    )
    _each(
        Gauge(
            "postlotse_items_wandering", "Items handed on again.", ("region",), registry=registry
        ),
        looked.wanderers,
    )


def _tell_care(registry: CollectorRegistry, looked: _Looked) -> None:
    """What somebody has to look after."""
    troubles = looked.troubles
    Gauge(
        "postlotse_texts_ending", "Texts whose end is near and not provided for.", registry=registry
    ).set(looked.ending)
    _each(
        Gauge("postlotse_outgoing_dead", "Dead letters.", ("kind",), registry=registry),
        {"eakte": 0, "reply": 0, **looked.dead},
    )
    Gauge("postlotse_receipts_overdue", "Hand-overs without receipt.", registry=registry).set(
        troubles.get(outgoing_alarms.UNANSWERED, 0)
    )
    Gauge("postlotse_task_receipts_overdue", "Tasks without receipt.", registry=registry).set(
        troubles.get(outgoing_alarms.TASKS, 0)
    )
    Gauge("postlotse_rules_off", "Rules in force that are off.", registry=registry).set(
        looked.rules_off
    )
    Gauge("postlotse_writing_stopped", "Whether writing is stopped.", registry=registry).set(
        troubles[halting.ABOUT]
    )
    Gauge("postlotse_leases_stuck", "Leases over their end.", registry=registry).set(
        troubles[alarm_checks.STUCK]
    )
    Gauge("postlotse_keys_ending", "Keys of machines that end soon.", registry=registry).set(
        troubles[alarm_checks.KEYS]
    )
    Gauge("postlotse_trail_unsealed", "Entries not sealed yet.", registry=registry).set(
        looked.unsealed
    )


def _each(gauge: Gauge, told: Mapping[str, float]) -> None:
    for label, number in told.items():
        gauge.labels(label).set(number)
