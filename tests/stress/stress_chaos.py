"""Kills, pauses and restores, at random and by a seed: workers, door, mail server, database."""

import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.stress.stress_office import (
    BOXES,
    GRACE_SECONDS,
    LEASE_SECONDS,
    TIMEOUT_SECONDS,
    Mortal,
    Office,
)
from tests.stress.stress_people import Pace

WEIGHTS = {
    "worker killed": 10,
    "worker paused": 3,
    "door killed": 4,
    "mail server killed": 3,
    "mail server paused": 1,
    "database crashed": 2,
}
RESTORES = ("folders numbered anew", "numbers given twice")
PAUSE_SECONDS = LEASE_SECONDS + GRACE_SECONDS + 1


@dataclass(slots=True)
class Chaos:
    """What happens to the processes; `stop` ends it and lets everything run again."""

    office: Office
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    restores: int = 0
    """The weight of each kind of restore."""
    _paused: dict[int, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, pace: Pace) -> None:
        """One blow a beat."""
        weights = WEIGHTS | dict.fromkeys(RESTORES, self.restores)
        kinds = [kind for kind in weights if self.office.postgres or kind != "database crashed"]
        for _ in pace.beats(self.random):
            kind = self.random.choices(kinds, [weights[kind] for kind in kinds])[0]
            if self._strike(kind):
                self.done[kind] += 1

    def _strike(self, kind: str) -> bool:
        office = self.office
        if kind == "worker killed":
            return self._kill(self.random.choice(office.workers))
        if kind == "door killed":
            return self._kill(office.door)
        if kind == "worker paused":
            return self._pause(self.random.choice(office.workers))
        if kind == "mail server killed":
            office.dovecot.kill()
            time.sleep(self.random.uniform(0.1, 0.8))
            office.dovecot.start()
        elif kind == "mail server paused":
            # Shorter than the time-out of a command and the grace time together.
            office.dovecot.pause()
            time.sleep(self.random.uniform(0.5, TIMEOUT_SECONDS + 0.5 * GRACE_SECONDS))
            office.dovecot.go_on()
        elif kind in RESTORES:
            self._restore(kind)
        elif office.postgres:
            office.postgres.halt(self.random.choice((signal.SIGQUIT, signal.SIGINT)))
            time.sleep(self.random.uniform(0.1, 1.5))
            office.postgres.resume()
        return True

    def _restore(self, kind: str) -> None:
        """The mail server is stopped, and one postbox, or its INBOX, put back without its index.

        All mails stay: what the server has lost nobody can be asked for in the proof.
        """
        dovecot, user = self.office.dovecot, self.random.choice(list(BOXES.values()))[0]
        first = self.random.choice((1, 2, 5, 20))
        is_whole = self.random.random() < 0.5
        dovecot.stop()
        for folder in dovecot.folders(user) if is_whole else [""]:
            if kind == "numbers given twice":
                dovecot.set_back(user, folder, next_uid=first)
            else:
                dovecot.renumber(user, folder)
        time.sleep(self.random.uniform(0.1, 0.8))
        dovecot.start()

    def _kill(self, mortal: Mortal) -> bool:
        with self._lock:
            if not mortal.is_alive():
                return False
            mortal.signal(signal.SIGKILL)
            self._paused.pop(mortal.pid, None)
        return True

    def _pause(self, mortal: Mortal) -> bool:
        with self._lock:
            if not mortal.is_alive() or mortal.pid in self._paused:
                return False
            mortal.signal(signal.SIGSTOP)
            seconds = PAUSE_SECONDS * self.random.uniform(0.3, 1.5)
            self._paused[mortal.pid] = time.monotonic() + seconds
        return True

    def supervise(self, over: threading.Event) -> None:
        """What systemd does: whoever died is started again. Wakes the paused when it is time."""
        while not over.wait(0.2):
            self.revive()

    def revive(self, *, now: float | None = None) -> None:
        """One look at all processes."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            for mortal in self.office.mortals():
                if not mortal.is_alive():
                    self._paused.pop(mortal.pid, None)
                    mortal.start()
                    self.starts += 1
                elif self._paused.get(mortal.pid, moment + 1) <= moment:
                    del self._paused[mortal.pid]
                    mortal.signal(signal.SIGCONT)
