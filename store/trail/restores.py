"""Restores of an older state of the memory, as the trail tells of them.

After one, numbers are given out again and the trail is shorter than its anchor. Source: own
decisions 0071, 0129, 0130.
"""

from collections.abc import Sequence
from typing import Final

from store.database.engine import Tx
from store.trail import audit
from store.trail.audit import Entry

SUBJECT: Final = "store"
PUT_BACK: Final = "backup.put_back"
HELD_BACK: Final = "backup.restored"
"""By `backup restore`, and by `backup reread`, which also follows restores by other means."""


def all_told(tx: Tx) -> tuple[Entry, ...]:
    """What restores have left in the trail, oldest first."""
    return audit.of_subject(tx, SUBJECT, actions={PUT_BACK, HELD_BACK})


def is_given_again(tx: Tx, told: Sequence[Entry]) -> bool:
    """Whether a number was given out after a restore, so perhaps a second time.

    `told` is the story of what bears it, oldest first. By the numbers of the trail: a clock may
    have been set back.
    """
    restored = all_told(tx)
    return bool(restored and told and told[0].id > restored[-1].id)
