"""How long the desk's pages and calls take with 100,000 items in one agency. `make bench`.

    python -m tests.bench.bench_desk 100000 --rounds 40 [--database FILE]

A real uvicorn on loopback, SQLite, one client at a time. p50 and p95 in milliseconds, CPU
milliseconds of server and client together, and how many times as long as a constant answer of the
same server in the same run. Times are of this machine and its load; CPU and ratio can be compared.
Nothing here is a timed test.
"""

import argparse
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from api.app import make_app
from api.doors import ApiKey, new_key
from api.serve import start_in_thread
from api.session import DEMO_COOKIE
from rules.codes import Role
from store.upkeep import migrate
from tests.api.small_door import door_settings
from tests.bench import desk_rows
from tests.house_fixture import ADMIN, clerk, make_house, sqlite_url
from triage import counted_days

GOAL_MS = 50
"""Source: issue of the desk: p95 of a server answer with 100,000 items."""
CONSTANT = "/health/live"
WARM = 3
FEWEST = 50_000

CLERK_PAGES = (
    "/arbeitsplatz", "/lage", "/lage?agentur=435", "/lage?agentur=435&reihe=eingang", "/vorgang/5",
    "/vorgang/5/html", f"/vorgang/{FEWEST}", "/texte", "/texte?suche=au", "/hilfe",
)  # fmt: skip
ADMIN_PAGES = (
    "/lage", "/lage?agentur=435", "/zahlen", "/vollzaehligkeit", "/beiseite", "/postfaecher",
    "/loeschung", "/probelauf", "/korrekturen", "/regeln", "/rechte", "/texte",
)  # fmt: skip
CLERK_CALLS = (
    "/v1/agencies/435/items?limit=100", "/v1/items/5", "/v1/items/5/texts", "/v1/texts",
    "/v1/events?cursor=0&limit=100", "/v1/events?cursor=now",
)  # fmt: skip
ADMIN_CALLS = (
    "/v1/admin/figures", "/v1/admin/figures/period?since=2026-11-01&until=2026-11-23",
    "/v1/admin/trail?limit=100",
    "/v1/admin/aside", "/v1/admin/outgoing", "/v1/admin/completeness", "/v1/admin/postboxes",
    "/v1/admin/items", "/v1/admin/texts", "/v1/admin/retention/runs",
)  # fmt: skip


@dataclass
class Caller:
    """One browser or program: keeps its connection and shows who it is."""

    port: int
    headers: dict[str, str]
    line: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        try:
            self.line.request(method, path, headers=self.headers | headers)
            answer = self.line.getresponse()
        except http.client.RemoteDisconnected:
            # Idle for longer than the house keeps a line, while the others were asked.
            self.line.close()
            return self.ask(method, path, **headers)
        return answer.status, answer.read()


@contextmanager
def full_house(items: int, file: Path) -> Iterator[tuple[int, Caller, Caller, Caller]]:
    """The server with its rows; a clerk's and an admin's browser, and a clerk's program."""
    url = f"sqlite:///{file}"
    is_new = not file.exists()
    if is_new:
        migrate.upgrade(url)
    house = make_house(url)
    if is_new:
        desk_rows.fill(house, items, aside=items // 50)
    # As a worker does each minute.
    counted_days.keep_stands(house)
    key, hashed = new_key("bench")
    keys = (ApiKey("bench", hashed, Role.CLERK, agencies=("435",)),)
    app = make_app(house, door_settings(demo=True, keys=keys))
    server = start_in_thread(app)

    def browser(caller: Any) -> Caller:
        number = app.state.sessions.begin(caller, account="", provider_session="")
        return Caller(server.port, {"Cookie": f"{DEMO_COOKIE}={number}"})

    program = Caller(server.port, {"Authorization": f"Bearer {key}"})
    yield server.port, browser(clerk("435")), browser(ADMIN), program
    server.stop()
    house.db.close()


def timed(what: Callable[[], tuple[int, bytes]], rounds: int) -> list[float]:
    """Milliseconds of each, after three that warm up. Fails where an answer is no success."""
    taken = []
    for turn in range(rounds + WARM):
        began = time.perf_counter()
        status, body = what()
        took = (time.perf_counter() - began) * 1000
        assert status < 300, (status, body[:300])
        if turn >= WARM:
            taken.append(took)
    return taken


def cases(
    person: Caller, admin: Caller, program: Caller
) -> Iterator[tuple[str, Callable[[], tuple[int, bytes]]]]:
    """Each page and chief call, by name."""
    for who, caller, paths in (
        ("clerk", person, CLERK_PAGES), ("admin", admin, ADMIN_PAGES),
        ("clerk", person, CLERK_CALLS), ("admin", admin, ADMIN_CALLS),
    ):  # fmt: skip
        for path in paths:
            yield f"{who} {path}", lambda c=caller, p=path: c.ask("GET", p)
    yield "clerk deep page of the list", _deep(person)
    yield "program next + release", lambda: _next(program)


def _deep(person: Caller) -> Callable[[], tuple[int, bytes]]:
    cursor = ""
    for _ in range(20):
        _, body = person.ask("GET", f"/v1/agencies/435/items?limit=500{cursor}")
        cursor = f"&cursor={json.loads(body)['next_cursor']}"
    return lambda: person.ask("GET", f"/v1/agencies/435/items?limit=100{cursor}")


def _next(program: Caller) -> tuple[int, bytes]:
    status, body = program.ask("POST", "/v1/agencies/435/items/next")
    assert status == 200, body
    claim = json.loads(body)
    token = {"X-Lease-Token": claim["lease_token"]}
    return program.ask("DELETE", f"/v1/items/{claim['item_id']}/lease", **token)


def main(items: int, rounds: int, database: Path | None) -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        file = database or Path(sqlite_url(Path(folder)).removeprefix("sqlite:///"))
        with full_house(items, file) as (_, person, admin, program):
            constant = timed(lambda: person.ask("GET", CONSTANT), rounds * 3)
            base = statistics.median(constant)
            print(
                f"{items:,} items; constant answer p50 {base:.1f} ms, p95 {_p95(constant):.1f} ms"
            )
            for name, ask in cases(person, admin, program):
                cpu = time.process_time()
                taken = timed(ask, rounds)
                cpu = (time.process_time() - cpu) * 1000 / (rounds + WARM)
                p50, p95 = statistics.median(taken), _p95(taken)
                sign = "  over the goal" if p95 > GOAL_MS else ""
                print(
                    f"{name:46} {p50:7.1f} {p95:7.1f} ms  CPU {cpu:6.1f}  x{p50 / base:5.1f}{sign}",
                    flush=True,
                )


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--database", type=Path, help="keep the rows here, and use them again")
    given = parser.parse_args()
    if given.items < FEWEST:
        parser.error(f"at least {FEWEST} items: pages deep in the line are asked for")
    main(given.items, given.rounds, given.database)
