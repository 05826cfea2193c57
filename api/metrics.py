"""Counters of the doors, and the house's own gauges at the moment somebody asks.

Labels are routes, methods, status numbers, states, reasons and postboxes; never a path, a person
or an agency.
Listed in docs/operations.md.
"""

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
from triage import figures, freshness, halting, outgoing_care, wandering, watched
from triage.house import House
from triage.sweep import proof as sweep_proof
from triage.texts import ends as text_ends

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


def _gauges(house: House) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("postlotse_database_up", "Whether the database answers.", registry=registry)
    try:
        now, ways = figures.progress(house), freshness.look(house)
        aside = figures.aside_reasons(house)
        ending = text_ends.look(house)
        waiting, outside = sweep_proof.waiting(house)
        dead, troubles = outgoing_care.dead_by_kind(house), outgoing_care.WATCH.look(house)
        wanderers = wandering.WATCH.look(house)
    except HouseError:
        up.set(0)
        return registry
    up.set(1)
    mails = Gauge("postlotse_mails", "Mails by how far they are.", ("state",), registry=registry)
    for state, number in (("seen", now.seen), ("kept", now.kept), ("done", now.done)):
        mails.labels(state).set(number)
    lying = Gauge("postlotse_aside", "Mails that lie aside now.", ("reason",), registry=registry)
    for reason, number in aside:
        lying.labels(reason).set(number)
    texts = Gauge(
        "postlotse_texts_ending", "Texts whose end is near and not provided for.", registry=registry
    )
    texts.set(len(ending))
    sweep = Gauge("postlotse_sweep_waiting", "Mails of ordered runs.", registry=registry)
    sweep.set(waiting)
    copies = Gauge("postlotse_sweep_copies", "Copies to remove.", ("kind",), registry=registry)
    for kind, number in outside.items():
        copies.labels(kind).set(number)
    oldest = Gauge(
        "postlotse_oldest_unsorted_seconds",
        "How long the oldest unsorted mail has waited; 0 where none waits.",
        ("postbox",),
        registry=registry,
    )
    for way in ways:
        oldest.labels(way.way).set(way.age_seconds)
    letters = Gauge("postlotse_outgoing_dead", "Dead letters.", ("kind",), registry=registry)
    for kind in ("eakte", "reply", *dead):
        letters.labels(kind).set(dead.get(kind, 0))
    overdue = Gauge("postlotse_receipts_overdue", "Hand-overs without receipt.", registry=registry)
    overdue.set(sum(one.number for one in troubles if one.name == outgoing_care.UNANSWERED))
    counted = {one.name: one.number for one in troubles}
    stopped = Gauge("postlotse_writing_stopped", "Whether writing is stopped.", registry=registry)
    stopped.set(counted[halting.ABOUT])
    stuck = Gauge("postlotse_leases_stuck", "Leases over their end.", registry=registry)
    stuck.set(counted[watched.STUCK])
    keys = Gauge("postlotse_keys_ending", "Keys of machines that end soon.", registry=registry)
    keys.set(counted[watched.KEYS])
    sealed = Gauge("postlotse_trail_unsealed", "Entries not sealed yet.", registry=registry)
    sealed.set(watched.unsealed(house))
    lost = Gauge(
        "postlotse_items_wandering", "Items handed on again.", ("region",), registry=registry
    )
    for one in wanderers:
        lost.labels(one.name.removeprefix(wandering.NAME)).set(one.number)
    return registry
