"""The next item over HTTP beside an endpoint of the same server that answers a constant.

32 keep-alive connections of one asyncio client against uvicorn in a process of its own, with all
middleware of the house: key, idempotency, headers, metrics. Called by `bench_next`.
"""

import asyncio
import itertools
import json
import multiprocessing as mp
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection

import structlog

from api import serve
from api.app import make_app
from api.doors import ApiKey, new_key
from rules.codes import Role
from tests.api.small_door import door_settings
from tests.bench.bench_stock import AGENCY
from tests.house_fixture import open_house

CLIENTS = 32
SECONDS = 5.0
CONSTANT = "/v1/constant"
LAST = "/v1/constant/last"
"""The same behind all routes of the house: what the search for a route costs at most."""
NEXT = f"/v1/agencies/{AGENCY}/items/next"
KEY, KEY_HASH = new_key("bench")


def main(url: str, say: Callable[[str], object]) -> None:
    """`url`: a database with enough waiting items. Three rounds in turn, medians."""
    ways = {
        "constant": partial(_load, path=CONSTANT, repeatable=False),
        "constant, last route": partial(_load, path=LAST, repeatable=False),
        "next": partial(_load, path=NEXT, repeatable=False),
        "next with Idempotency-Key": partial(_load, path=NEXT, repeatable=True),
    }
    found: dict[str, list[tuple[float, float]]] = {}
    taken: list[int] = []
    with _served(url) as (port, cpu_seconds):
        for name, load in list(ways.items()) * 3:
            before = cpu_seconds()
            bodies = asyncio.run(load(port))
            spent = cpu_seconds() - before
            found.setdefault(name, []).append((len(bodies) / SECONDS, spent / len(bodies) * 1e3))
            if name.startswith("next"):
                taken += [json.loads(body)["item_id"] for body in bodies]
    rates = {name: sorted(rate for rate, _ in each)[1] for name, each in found.items()}
    costs = {name: sorted(cost for _, cost in each)[1] for name, each in found.items()}
    say(f"Over HTTP on {url.partition(':')[0]}, {CLIENTS} clients\n")
    for name, rate in rates.items():
        say(
            f"  {name:26} {rate:8.0f}/s  {rate / rates['constant']:.2f} x constant, "
            f"{costs[name]:.2f} ms CPU of the server's process each "
            f"({costs[name] / costs['constant']:.1f} x)\n"
        )
    say(f"  {len(taken):,} taken, {len(taken) - len(set(taken))} of them twice\n")


@contextmanager
def _served(url: str) -> Iterator[tuple[int, Callable[[], float]]]:
    """The port of a server process on the database, and what asks it for its CPU seconds."""
    here, there = mp.Pipe()
    # Not forked: the parent has threads.
    process = mp.get_context("spawn").Process(target=_server, args=(url, KEY_HASH, there))
    process.start()

    def cpu_seconds() -> float:
        here.send("cpu")
        spent: float = here.recv()
        return spent

    try:
        yield here.recv(), cpu_seconds
    finally:
        here.send("stop")
        process.join()


def _server(url: str, key_hash: str, line: Connection) -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    house = open_house(url)
    # One key serves all clients here, as a service center's automation does.
    house = replace(house, policy=replace(house.policy, open_claims=None))
    key = ApiKey("bench", key_hash, Role.CLERK, agencies=(AGENCY,))
    app = make_app(house, door_settings(keys=(key,)))
    app.add_api_route(CONSTANT, _constant, methods=["POST"])
    app.router.routes.insert(0, app.router.routes.pop())
    app.add_api_route(LAST, _constant, methods=["POST"])
    server = serve.start_in_thread(app)
    line.send(server.port)
    while line.recv() == "cpu":
        line.send(time.process_time())
    server.stop()


async def _constant() -> dict[str, int]:
    return {"item": 1}


async def _load(port: int, *, path: str, repeatable: bool) -> list[bytes]:
    """Bodies of all answers within the time. Raises: AssertionError: one is not a 2xx."""
    end = time.monotonic() + SECONDS
    keys = (f"Idempotency-Key: {time.time_ns()}-{n}\r\n" for n in itertools.count())
    asked = keys if repeatable else itertools.repeat("")
    clients = [_client(port, path, end, asked) for _ in range(CLIENTS)]
    return [body for bodies in await asyncio.gather(*clients) for body in bodies]


async def _client(port: int, path: str, end: float, asked: Iterator[str]) -> list[bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    bodies = []
    while time.monotonic() < end:
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
            f"{next(asked)}Content-Length: 0\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 2"), head
        bodies.append(await reader.readexactly(_length(head)))
    writer.close()
    return bodies


def _length(head: bytes) -> int:
    """Of the body. Raises: StopIteration: the answer has none."""
    lines = head.lower().split(b"\r\n")
    return next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
