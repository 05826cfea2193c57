"""Who makes the load: clerks, a mail server, an eAkte that answers."""

import asyncio
import smtplib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import httpx

from outbox import eakte_demo
from rules.errors import HouseError
from tests.load.load_house import AGENCIES, Clerk, House
from tests.stress import stress_mails

EXPECTED = frozenset({200, 202, 204, 304, 404, 409, 422})
"""A clerk may meet a refusal (422) or be too late (409); all else is an error of the house."""


@dataclass(slots=True)
class Measured:
    """What clerks and mail server met. Times in seconds since `begin`, durations in seconds."""

    begin: float = field(default_factory=time.monotonic)
    requests: list[tuple[float, str, float, int]] = field(default_factory=list)
    accepted: list[tuple[float, float]] = field(default_factory=list)
    """When the door said 250, and how long the mail took."""
    late: float = 0.0
    """How far the mail server fell behind its pace at most: then the door was slower than asked."""
    refused: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    answered: int = 0
    handed_over: int = 0

    def now(self) -> float:
        """Seconds since the begin."""
        return time.monotonic() - self.begin


async def work(house: House, measured: Measured, *, seconds: float, think: float) -> None:
    """All clerks at once, each with one item at a time, until the time is over."""
    limits = httpx.Limits(max_connections=len(house.clerks) + 10)
    until = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=house.url, limits=limits, timeout=60) as client:
        await asyncio.gather(
            *(
                _Desk(client, clerk, measured, Random(number), think).run(until)
                for number, clerk in enumerate(house.clerks)
            )
        )


@dataclass(slots=True)
class _Desk:
    """One clerk: fetch, read, heartbeat, answer, then close, or hand over."""

    client: httpx.AsyncClient
    clerk: Clerk
    measured: Measured
    random: Random
    think: float

    async def run(self, until: float) -> None:
        await self._pause()
        while time.monotonic() < until:
            claim = await self._ask("next", "POST", f"/v1/agencies/{self.clerk.agency}/items/next")
            if claim is not None and claim.status_code == 200:
                body = claim.json()
                await self._one_item(f"/v1/items/{body['item_id']}", body["lease_token"])
            await self._pause()

    async def _one_item(self, item: str, token: str) -> None:
        held = {"X-Lease-Token": token}
        await self._ask("read", "GET", item)
        await self._pause()
        await self._ask("heartbeat", "PUT", f"{item}/lease", headers=held)
        texts = await self._ask("texts", "GET", f"{item}/texts")
        await self._pause()
        await self._answer(item, held, texts)
        closing = {"reason": self.random.choice(["answered", "done"])}
        closed = await self._ask("close", "POST", f"{item}/close", headers=held, json=closing)
        if closed is not None and closed.status_code < 300:
            self.measured.closed += 1
            return
        waits = {"close_when_received": True}
        over = await self._ask("hand over", "POST", f"{item}/handover", headers=held, json=waits)
        if over is not None and over.status_code < 300:
            self.measured.handed_over += 1
        else:
            await self._ask("put back", "DELETE", f"{item}/lease", headers=held)

    async def _answer(self, item: str, held: dict[str, str], texts: httpx.Response | None) -> None:
        if texts is None or texts.status_code != 200:
            return
        found = texts.json()["texts"]
        if not found:
            return
        said = {"text_id": found[0]["id"], "version": found[0]["version"]}
        sent = await self._ask("answer", "POST", f"{item}/replies", headers=held, json=said)
        if sent is not None and sent.status_code < 300:
            self.measured.answered += 1

    async def _ask(
        self, what: str, method: str, path: str, **more: object
    ) -> httpx.Response | None:
        headers = {"Authorization": self.clerk.bearer, **more.pop("headers", {})}  # type: ignore[dict-item]
        begin = time.monotonic()
        try:
            answer = await self.client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
        except httpx.HTTPError:
            answer = None
        took, status = time.monotonic() - begin, answer.status_code if answer else 0
        self.measured.requests.append((self.measured.now(), what, took, status))
        return answer

    async def _pause(self) -> None:
        await asyncio.sleep(self.think * self.random.uniform(0.5, 1.5))


@dataclass(slots=True)
class MailServer:
    """Sends at a steady pace over some lines; what is refused is counted, and not sent again.

    One line a mail and second: a door that commits in groups needs several at once.
    """

    house: House
    measured: Measured
    per_second: float
    lines: int = field(init=False)
    over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = min(60, max(4, round(self.per_second)))

    def start(self) -> None:
        """Begin, in threads."""
        for number in range(self.lines):
            thread = threading.Thread(target=self._line, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End after the mails under way."""
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def _line(self, number: int) -> None:
        random, sent, begin = Random(1000 + number), 0, time.monotonic()
        client: smtplib.SMTP | None = None
        while not self.over.is_set():
            due = begin + (sent + number / self.lines) * self.lines / self.per_second
            if self.over.wait(max(0.0, due - time.monotonic())):
                break
            name = random.choice(list(AGENCIES.values()))
            data, _ = stress_mails.mail(f"l{number}-{sent:06d}", random, mailbox=name)
            started = time.monotonic()
            self.measured.late = max(self.measured.late, started - due)
            try:
                client = client or smtplib.SMTP("127.0.0.1", self.house.door_port, timeout=60)
                client.sendmail("k@kunde.example", [f"{name.lower()}@arbeitsagentur.example"], data)
                self.measured.accepted.append((self.measured.now(), time.monotonic() - started))
            except (OSError, smtplib.SMTPException) as exc:
                self.measured.refused[type(exc).__name__] += 1
                client = None
            sent += 1
        if client is not None:
            client.close()


def answer_packages(house: House, over: threading.Event) -> None:
    """The eAkte: a receipt for every package, each second."""
    while not over.wait(1.0):
        try:
            eakte_demo.answer_once(house.drop, now=datetime.now(tz=UTC), after_seconds=0)
        except HouseError:
            continue
