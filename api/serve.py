"""Runs an app on a socket with uvicorn: for good in the foreground, or beside a test or the demo.

uvicorn's own lines of access stay away: paths and client addresses are not for the log (promise 8).
"""

import resource
import socket
import threading
from dataclasses import dataclass
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.punctual import PunctualHttp
from api.streams import Lines
from rules.errors import Refused

STOP_SECONDS: Final = 10
"""How long running requests may finish. Source: own decision 0021; `docker stop` waits as long."""

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a proxy keeps it (nginx: 60 s), so that it never writes into a closing connection."""

BACKLOG: Final = 2048

OPEN_FILES: Final = 8192
"""Connections and files that a serving process may hold. The usual 1024 are filled by one machine
that says nothing, and then nobody gets in for 30 s (measured: 36 s); 6,000 silent ones cost 20 MB.
Source: own decision 0094."""


@dataclass(frozen=True, slots=True)
class Server:
    """An app being served by a thread of this process."""

    host: str
    port: int
    engine: uvicorn.Server
    thread: threading.Thread

    @property
    def url(self) -> str:
        """The address to open, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def stop(self) -> None:
        """Let running requests finish, then end the thread. Idempotent."""
        end_lines(self.engine)
        self.engine.should_exit = True
        self.thread.join(STOP_SECONDS + 1)


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises: Refused: `door.port`."""
    make_room()
    with _listening(host, port) as listener:
        _engine(app).run(sockets=[listener])


def make_room() -> None:
    """Raise the process's own limit of open files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start_in_thread(app: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve beside the caller; port 0 takes a free one.

    The socket listens already on return: whoever comes before the server waits, not fails.

    Raises: Refused: `door.port`.
    """
    listener, engine = _listening(host, port), _engine(app)
    number: int = listener.getsockname()[1]
    thread = threading.Thread(
        target=engine.run, args=([listener],), name=f"http-door-{number}", daemon=True
    )
    thread.start()
    return Server(host, number, engine, thread)


def end_lines(engine: uvicorn.Server) -> None:
    """Lines that stay open end within a second, so that nobody waits for them."""
    lines = getattr(getattr(engine.config.app, "state", None), "lines", None)
    if isinstance(lines, Lines):
        lines.closing = True


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # asyncio does this only for sockets that name their protocol, and this one does not: on a
        # kept line each answer then waits 40 ms for the client's delayed ACK. RFC 9293, 3.7.4.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "ports are 0 to 65535"
        raise Refused(
            "door.port",
            f"can't listen on {host} port {port}: {why}; free it, or choose another"
            " (`[desk] port`, in the demo --port)",
            host=host,
            port=port,
        ) from exc


def _engine(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=PunctualHttp,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)
