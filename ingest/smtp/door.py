"""The door for mail servers: SMTP or LMTP, and "250" only for what is durable.

An asyncio server in a thread of its own; whatever it keeps is kept in another thread, so that a
slow commit never holds up a conversation, and a client that goes away never stops a commit.
Any trouble of ours is a 451 without a word about it, so that the sender's queue repeats the
delivery. What a delivery becomes is in triage/door_intake.py.
Source: RFC 5321, RFC 2033 (LMTP), RFC 1047 (repeated deliveries); measurement 2026-11-23
(aiosmtpd 1.4.6); own decision 0026.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal

import structlog

from ingest.smtp import talk
from ingest.smtp.desk import Desk, Keep
from ingest.smtp.talk import Talk
from rules.errors import Refused
from rules.postbox import Delivered

BUSY = b"421 4.3.2 too many connections, try again later\r\n"
STRANGER = b"554 5.7.1 this client is not on the list\r\n"
LEAVING = b"421 4.3.2 closing, try again later\r\n"
# aiosmtpd logs each command with its addresses, and exceptions with their text (promise 8).
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """Where the door is, who may come, and for whom. Times in seconds.

    `known` tells whether a recipient is ours. With `certificate` and `key` (PEM files) STARTTLS
    is offered and required. A client may take `command_seconds` for one command with its data,
    and `session_seconds` for all of them. Port 0 takes a free one.
    """

    protocol: Literal["smtp", "lmtp"]
    host: str
    port: int
    known: Callable[[str], bool]
    allowed_clients: tuple[IPv4Network | IPv6Network, ...]
    size_limit_bytes: int
    max_connections: int = 50
    certificate: Path | None = None
    key: Path | None = None
    command_seconds: float = 300.0
    session_seconds: float = 3600.0


def _wake_nobody() -> None:
    """For who looks when his time comes."""


@dataclass(slots=True)
class SmtpDoor:
    """The running door. `keep` is called in a thread, with one delivery for each recipient.

    It gets all that wait at that moment. It returns when all are durable, and raises what it likes
    where none is; then it is called for each by itself.
    """

    plan: DoorPlan
    keep: Keep
    port: int = 0
    _sessions: set[Talk] = field(default_factory=set)
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _failure: OSError | None = None
    _ring: Callable[[], None] = _wake_nobody

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._thread is not None and self._thread.is_alive()

    def open(self, ring: Callable[[], None] = _wake_nobody) -> None:
        """Listen; does nothing where it listens already. Returns when clients may come.

        `ring` is called after each commit, in the thread of the commits; it must not raise.

        Raises: Refused: port taken or no right (`door.port`), certificate (`door.certificate`).
        """
        if self.is_open:
            return
        self._ring = ring
        context = _tls_context(self.plan)
        self._failure = None
        self._ready.clear()
        self._thread = threading.Thread(target=self._run, args=(context,), name="door", daemon=True)
        self._thread.start()
        self._ready.wait()
        self._require_open()

    def close(self, timeout_seconds: float = 30.0) -> None:
        """Take no new clients; finish and answer the commits under way; tell the others 421."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout_seconds)

    def _run(self, context: ssl.SSLContext | None) -> None:
        try:
            asyncio.run(self._serve(context))
        finally:
            self._ready.set()  # whatever went wrong, nobody waits for ever

    def _require_open(self) -> None:
        if self._failure is not None:
            raise Refused(
                "door.port",
                f"Can't listen on {self.plan.host}:{self.plan.port}"
                f" ({self._failure.strerror}): free the port, or set another one for the door.",
                port=self.plan.port,
            ) from self._failure

    async def _serve(self, context: ssl.SSLContext | None) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        with ThreadPoolExecutor(1, thread_name_prefix="door-commit") as pool:
            desk = Desk(self._keep, pool)
            make = partial(self._talk, context=context, keep=desk.take)
            try:
                server = await loop.create_server(make, self.plan.host, self.plan.port)
            except OSError as exc:
                self._failure = exc
                return
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            _log.info("door.opened", protocol=self.plan.protocol, port=self.port)
            keeping = asyncio.create_task(desk.run())
            await self._stop.wait()
            server.close()
            await self._say_goodbye()
            desk.close()
            await keeping
        _log.info("door.closed", port=self.port)

    def _keep(self, deliveries: Sequence[Delivered]) -> None:
        self.keep(deliveries)
        self._ring()

    async def _say_goodbye(self) -> None:
        """End all sessions; those in the middle of a commit after its answer."""
        leaving = tuple(self._sessions)
        for session in leaving:
            session.leave(LEAVING)
        if leaving:
            over = [session.over.wait() for session in leaving]
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*over), talk.LAST_WORDS_SECONDS)
        for session in tuple(self._sessions):
            session.hang_up()

    def _talk(
        self, *, context: ssl.SSLContext | None, keep: Callable[[Delivered], asyncio.Future[None]]
    ) -> Talk:
        made = talk.Lmtp if self.plan.protocol == "lmtp" else talk.Smtp
        return made(
            talk.Terms(
                known=self.plan.known,
                keep=keep,
                admit=self._admit,
                leave=self._sessions.discard,
                session_seconds=self.plan.session_seconds,
                size_limit_bytes=self.plan.size_limit_bytes,
                command_seconds=self.plan.command_seconds,
                tls=context,
            )
        )

    def _admit(self, session: Talk, client: str) -> bytes:
        """Let a new client in (empty), or the words to turn it away with."""
        if not _is_allowed(client, self.plan.allowed_clients):
            _log.warning("door.stranger", client=client)
            return STRANGER
        if len(self._sessions) >= self.plan.max_connections:
            _log.warning("door.busy", connections=len(self._sessions))
            return BUSY
        self._sessions.add(session)
        return b""


def _is_allowed(client: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    # An IPv4 client is never told as an IPv6 one: asyncio listens apart for the two.
    address = ip_address(client.partition("%")[0])
    return any(address in network for network in networks)


def _tls_context(plan: DoorPlan) -> ssl.SSLContext | None:
    if plan.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(plan.certificate, plan.key)
    except OSError as exc:  # also ssl.SSLError: no PEM, or the key belongs to another one
        raise Refused(
            "door.certificate",
            f"Can't use {plan.certificate} with {plan.key}: give certificate and key as PEM"
            " files that belong together.",
            path=str(plan.certificate),
        ) from exc
    return context
