"""What the world outside did, mail by mail: the half of the proof that our database never sees."""

import hashlib
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

TOKEN = re.compile(rb"X-Stress: ([a-z]\d{6})")
"""Each mail carries its token in a header of its own; copies carry it, too."""

INBOX = "INBOX"


class Way(StrEnum):
    """How a mail came: through our door, or into the postbox by the server's LMTP or by APPEND."""

    DOOR = "door"
    LMTP = "lmtp"
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did with one copy of a mail; `target` is empty for a removal."""

    source: str
    target: str
    keeps_source: bool = False


@dataclass(slots=True)
class Sent:
    """One mail as its sender and the person in the postbox know it.

    `accepted` counts deliveries with an OK, `doubtful` those whose answer got lost. A person's
    act whose answer got lost, or that ran into our own move, makes the mail `raced`; then only
    its loss can be told, and not even that where it may have been removed before we saw it.
    """

    token: str
    way: Way
    box: str
    agency: str
    sha256: str
    accepted: int = 0
    doubtful: int = 0
    acts: list[Act] = field(default_factory=list)
    flags: set[bytes] = field(default_factory=set)
    raced: bool = False
    removal_tried: bool = False

    def arrived(self, rows: int) -> int:
        """How often it came in by itself, if so many rows are in the ledger."""
        return min(max(rows - self.copies_in(), self.accepted), self.accepted + self.doubtful)

    def fits(self, rows: int, *, gone: int) -> bool:
        """Whether so many rows are right, `gone` of which lie nowhere.

        A copy put into the INBOX is a mail of its own, or the same again if its source went away
        before we looked. One moved back waits while we are not sure where it lies (decision 0105);
        but where a cut move left it in both folders it is a mail of its own, and in the end one of
        the rows is gone, or lies at a copy that a person made afterwards.
        """
        twice = min(gone + self.copies_aside(), self.moves_in())
        most = self.accepted + self.doubtful + self.copies_in() + twice
        return self.accepted <= rows <= most

    def folders(self, arrived: int, filed_to: str) -> Counter[str]:
        """Where copies have to lie, if `arrived` came in and each was filed to `filed_to`.

        What lies in the INBOX again stands for the folder: both are right (see `fits`).
        """
        found = Counter({filed_to: arrived})
        for act in self.acts:
            if not act.keeps_source:
                found[filed_to if act.source == INBOX else act.source] -= 1
            if act.target:
                found[filed_to if act.target == INBOX else act.target] += 1
        return +found

    def meetings(self, arrived: int, filed_to: str) -> int:
        """How often a person put a copy of it beside another copy of it, in one folder.

        Dovecot copies by a second name of the same file. Where its list of a folder was put back
        to an older one, it may not know that name, and makes one mail of the two
        (tests/journey/test_journey_stress_proof.py): rename(2) does nothing if both are one file.
        """
        there = Counter({filed_to: arrived})
        met = 0
        for act in self.acts:
            source, target = (
                filed_to if folder == INBOX else folder for folder in (act.source, act.target)
            )
            if not act.keeps_source:
                there[source] -= 1
            if target:
                met += there[target] > 0
                there[target] += 1
        return met

    def flags_fit(self, flags: frozenset[bytes]) -> bool:
        """Whether the copy that is left has the right flags.

        A person sets one on one copy. Where there ever was another, that one may be gone with it;
        then only a flag that nobody set is wrong.
        """
        alone = self.accepted + self.doubtful == 1 and not any(a.keeps_source for a in self.acts)
        return flags == self.flags if alone else flags <= self.flags

    def copies_in(self) -> int:
        """Copies that a person put into the INBOX."""
        return sum(act.target == INBOX and act.keeps_source for act in self.acts)

    def copies_aside(self) -> int:
        """Copies that a person put into another folder."""
        return sum(act.target != INBOX and act.keeps_source for act in self.acts)

    def moves_in(self) -> int:
        """Mails that a person moved back into the INBOX."""
        return sum(act.target == INBOX and not act.keeps_source for act in self.acts)


class Truth:
    """All mails that were ever sent. Shared by the threads of senders and person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: dict[str, Sent] = {}

    def add(self, token: str, data: bytes, *, way: Way, box: str, agency: str) -> Sent:
        """Note a mail before it is sent for the first time."""
        sent = Sent(token, way, box, agency, hashlib.sha256(data).hexdigest())
        with self._lock:
            self._mails[token] = sent
        return sent

    def mails(self) -> list[Sent]:
        """All of them, by token."""
        with self._lock:
            return [self._mails[token] for token in sorted(self._mails)]

    def get(self, token: str) -> Sent:
        """The mail of that token."""
        with self._lock:
            return self._mails[token]


def token_of(data: bytes) -> str:
    """The token in these bytes; empty for mail that is none of ours."""
    found = TOKEN.search(data)
    return found[1].decode() if found else ""
