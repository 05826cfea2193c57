"""How fast mail comes out of an Exchange mailbox and is durable, against a bare HTTP loop.

    python -m tests.bench.bench_exchange 5000 --rounds 3

The simulator runs in a process of its own and is asked over TLS. First our driver synchronises,
fetches and keeps all mails in SQLite; then the very requests that it sent are sent again on one
connection, and the replies are thrown away: faster than that nobody gets these replies out of this
server. Goal: 0.6 of it. Ratios of one run on one machine; nothing here is a timed test.
"""

import argparse
import gc
import http.client
import multiprocessing
import ssl
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.replies import WholeReplies
from ingest.exchange.wire import ExchangeAccount
from store.counts import ledger_counts
from store.processes import leases
from tests.bench import bench_mails
from tests.bench.stopwatch import seconds
from tests.house_fixture import make_house, sqlite_url
from tests.servers.exchange import ExchangeServer
from triage import receive, wiring
from triage.settings import Settings

ADDRESS = "sc-ost@dienst.example"


@dataclass(frozen=True, slots=True)
class _Request:
    body: bytes
    headers: dict[str, str]


def _serve(pipe: Connection, samples: Sequence[bytes]) -> None:
    """The other process: a full mailbox, until somebody writes into the pipe."""
    with ExchangeServer({"dienst": "geheim"}) as server:
        mailbox = server.add_mailbox(ADDRESS, readers={"dienst"})
        for data in samples:
            mailbox.deliver(data)
        pipe.send((server.url, server.ca_file))
        pipe.recv()


@contextmanager
def _server(samples: Sequence[bytes]) -> Iterator[ExchangeAccount]:
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(its, samples))
    process.start()
    url, ca_file = ours.recv()
    try:
        yield ExchangeAccount(url, ADDRESS, "dienst", "geheim", auth="basic", ca_file=ca_file)
    finally:
        ours.send(None)
        process.join()


@contextmanager
def _recorded() -> Iterator[list[_Request]]:
    """What the driver sends meanwhile."""
    sent: list[_Request] = []
    real = WholeReplies.send

    def send(self: WholeReplies, request: Any, *args: Any, **how: Any) -> Any:
        sent.append(_Request(request.body, dict(request.headers)))
        return real(self, request, *args, **how)

    WholeReplies.send = send  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        WholeReplies.send = real  # type: ignore[method-assign]


def _fetched(account: ExchangeAccount, count: int) -> None:
    box = ExchangePostbox("b", account)
    view = box.view("INBOX")
    assert sum(1 for _ in box.fetch("INBOX", view.epoch, view.uids)) == count
    box.close()


def _kept(account: ExchangeAccount, count: int, folder: Path) -> float:
    whole = make_house(sqlite_url(folder), clock=wiring.utc_now)
    batch_mails = Settings().worker.batch_mails
    house = replace(whole, policy=replace(whole.policy, batch_mails=batch_mails))
    box = ExchangePostbox("b", account)
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox:b", owner="b", now=house.clock(), seconds=3600)
    assert lease is not None
    gc.collect()  # what building a house leaves behind is not the cost of keeping
    spent = seconds(lambda: receive.receive(house, box, lease, region="Ost"))
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == count
    box.close()
    house.db.close()
    return spent


def _bare(account: ExchangeAccount, requests: Sequence[_Request]) -> None:
    parts = urlsplit(account.endpoint)
    context = ssl.create_default_context(cafile=account.ca_file)
    line = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context)
    for one in requests:
        line.request("POST", parts.path, one.body, one.headers)
        reply = line.getresponse()
        assert reply.status == http.client.OK
        reply.read()
    line.close()


def _round(account: ExchangeAccount, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, _recorded() as sent:
        kept = _kept(account, count, Path(folder))
    bare = seconds(lambda: _bare(account, sent))
    fetched = seconds(lambda: _fetched(account, count))
    return {
        "bare HTTP loop": count / bare,
        "sync and fetch": count / fetched,
        "sync, fetch and keep": count / kept,
    }


def main(mails: int, rounds: int) -> None:
    """Small mails, then large ones; all three in each round."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    for name, make in {"small": bench_mails.small, "large": bench_mails.large}.items():
        samples = [made.data for made in make(mails)]
        size = sum(map(len, samples)) / len(samples) / 1000
        sys.stdout.write(f"{mails} {name} mails, {size:.1f} kB on average\n")
        with _server(samples) as account:
            found = [_round(account, mails) for _ in range(rounds)]
        for kind in found[0]:
            rates = [one[kind] for one in found]
            shares = [one[kind] / one["bare HTTP loop"] for one in found]
            middle, spread = statistics.median(shares), f"{min(shares):.2f} to {max(shares):.2f}"
            sys.stdout.write(
                f"  {kind:22} {statistics.median(rates):8.0f} mails/s"
                f"  {middle:.2f} x bare ({spread})\n"
            )
        sys.stdout.flush()


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=5000)
    told.add_argument("--rounds", type=int, default=3)
    options = told.parse_args()
    main(options.mails, options.rounds)
