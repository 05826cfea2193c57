"""Drafts in the postbox as the item shows them: why one was not taken, and where it differs.

Source: own decision 0097.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rules.texts.draft_words import Place
from store.acts.reply_drafts import DraftState, ReplyDraft


@dataclass(frozen=True, slots=True)
class DraftShown:
    """A draft that answers the item's mail and was not taken, or not yet; `at` is the last look.

    `text_id` is the approved text that it is most like, or empty; `places` are where it leaves that
    text, in words of the text.
    """

    folder: str
    code: str
    text_id: str
    places: tuple[Place, ...]
    at: datetime


def shown(found: Iterable[ReplyDraft], *, folder: str) -> tuple[DraftShown, ...]:
    """All but those that were ordered: of these the order tells.

    `folder` is the one that is looked at now; what lies in one that was named before nobody knows.
    """
    return tuple(
        DraftShown(
            one.folder,
            one.code,
            one.text_id,
            tuple(Place(**place) for place in one.places),
            one.seen_at,
        )
        for one in found
        if one.state != DraftState.ORDERED and one.folder == folder
    )
