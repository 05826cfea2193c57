"""A postbox and a database that die before or after their n-th call."""

from collections.abc import Iterator
from contextlib import contextmanager

from triage.ports import Postbox


class Crash(BaseException):
    """The process dies here."""


class Countdown:
    """Lets n calls pass, then dies once."""

    def __init__(self, passes: int) -> None:
        self.left = passes
        self.dead = False

    def step(self) -> None:
        if self.dead:
            return
        if self.left == 0:
            self.dead = True
            raise Crash
        self.left -= 1


class MortalBox:
    """A postbox that dies before or after one of its calls."""

    def __init__(self, box: Postbox, *, before: Countdown, after: Countdown) -> None:
        self._box, self._before, self._after = box, before, after
        self.name = box.name

    def __getattr__(self, name: str):
        call = getattr(self._box, name)

        def mortal(*args):
            self._before.step()
            result = call(*args)
            if isinstance(result, Iterator):
                result = iter(list(result))
            self._after.step()
            return result

        return mortal


class MortalDatabase:
    """A database that dies just before or just after one of its commits."""

    def __init__(self, db, *, before: Countdown, after: Countdown) -> None:
        self._db, self._before, self._after = db, before, after
        self.read, self.dialect, self.close = db.read, db.dialect, db.close

    @contextmanager
    def write(self):
        with self._db.write() as tx:
            yield tx
            self._before.step()
        self._after.step()
