"""Whether a deed still meets what the person has read, and not another thing of that number.

After a restore numbers are given out again. Source: own decision 0129.
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
    """Pass if `seen`, the mark of what was read, is the mark `bears` of what has the number now.

    An empty `seen` names the thing by its number alone. That passes too, unless the trail (`told`
    reads its entries, oldest first) shows that a restore may have given the number out anew.
    Raises: `changed`: another one was read; `unnamed`: the number alone does not tell.
    """
    if seen and seen != bears:
        raise changed
    if not seen and restores.is_given_again(tx, tuple(told())):
        raise unnamed
