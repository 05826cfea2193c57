"""A deed is done to what the person has read, not to what has its number by now.

Numbers are given out again after a restore. Source: own decision 0129.
"""

from collections.abc import Callable, Iterable

from rules.errors import Conflict
from store.database.engine import Tx
from store.trail import restores
from store.trail.audit import Entry


def require(
    tx: Tx,
    seen: str,
    *,
    bears: str,
    told: Callable[[], Iterable[Entry]],
    changed: Conflict,
    unnamed: Conflict,
) -> None:
    """`seen` is the mark of what was read; empty: the number alone names it.

    `bears` is the mark that this number bears now, `told` reads its story in the trail, oldest
    first. Raises: `changed`: another one was read; `unnamed`:
    without `seen`, and a restore may have given the number out anew.
    """
    if seen and seen != bears:
        raise changed
    if not seen and restores.is_given_again(tx, tuple(told())):
        raise unnamed
