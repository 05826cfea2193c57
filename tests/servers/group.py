"""A server process with all its children: started, killed, paused together."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import greets


@dataclass(slots=True)
class Group:
    """One process and its children; `log` takes what they say. Without environment: this one."""

    words: list[str]
    environment: dict[str, str] | None
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, says_so: Callable[[], bool], *, seconds: float = 20) -> None:
        """Start and wait until it greets. Raises: RuntimeError with what it said."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=self.environment, start_new_session=True,
            )  # fmt: skip
        if not greets(self.process, says_so, seconds=seconds):
            self.kill()
            said = self.log.read_text(errors="replace")
            raise RuntimeError(f"{self.words[0]} did not start:\n{said}")

    def signal(self, number: signal.Signals) -> None:
        """To all of them."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self, *, seconds: float = 5) -> None:
        """As an admin stops it: what was begun is done first."""
        if self.process:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to all of them."""
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait(5)
            self.process = None
