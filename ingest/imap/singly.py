"""Mails that can't be had in one go, one after the other, to find those that are to blame.

One broken mail stops no other, nor do several in a row; only a server that gives nothing any more
ends the reading. Source: own decisions 0004 and 0142; promise 3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rules.errors import Refused, TryLater

_One = TypeVar("_One")

FAILURES_IN_A_ROW = 3
"""From this many on the server is to blame, not single mails, until another one is read. Source:
own decision 0004."""


@dataclass(slots=True)
class Singly:
    """Remembers, for as long as the driver lives, which mails failed while their server was there.

    They are asked for after all others, and their failure alone says nothing of the server.
    """

    failed: set[tuple[str, str, int]] = field(default_factory=set)

    def parted(self, folder: str, epoch: str, uids: Sequence[int]) -> tuple[list[int], list[int]]:
        """Those to be asked for together, and those that failed before."""
        late = [uid for uid in uids if (folder, epoch, uid) in self.failed]
        together = [uid for uid in uids if (folder, epoch, uid) not in self.failed]
        return together, late

    def read(
        self,
        folder: str,
        epoch: str,
        uids: Sequence[int],
        *,
        ready: Callable[[], None],
        ask: Callable[[int], dict[int, _One]],
        tell: Callable[[int, str], None],
    ) -> dict[int, _One]:
        """What can be had, in the order given; after some failures in a row, from the other end.

        `ready` raises if the server itself is away. Raises: what it raises. TryLater, Refused:
        neither end gives anything, and some of it failed never before.
        """
        found: dict[int, _One] = {}
        left, row, from_end, news = list(uids), 0, False, False
        while left:
            uid = left.pop() if from_end else left.pop(0)
            ready()
            try:
                given = ask(uid)
                self.failed.discard((folder, epoch, uid))
                found.update(given)
                row = 0 if given else row  # what is gone says nothing of the server
            except (TryLater, Refused) as exc:
                tell(uid, exc.code)
                row += 1
                news = news or (folder, epoch, uid) not in self.failed
                self.failed.add((folder, epoch, uid))
                if row < FAILURES_IN_A_ROW:
                    continue
                if from_end or not left:
                    if news and not found:
                        raise
                    return found
                # Of a server that gives nothing any more, one more try tells enough.
                from_end, row = True, FAILURES_IN_A_ROW - 1
        return found
