"""The judge: what the machine thinks of a parsed mail, with reasons and doubts.

One judgement walks the files of this room in order: channel, concerns, announced, facts,
payment relevance (rules), review.
"""

from collections.abc import Sequence
from datetime import datetime

from classify.model import Model
from classify.places import Places
from rules.mail import ParsedMail
from rules.verdict import Judgement


class Judge:
    """Judges mails with one model. Immutable after it is made; may be used by several threads."""

    __slots__ = ("_model", "_places")

    def __init__(self, model: Model, places: Places) -> None:
        self._model = model
        self._places = places

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        """The judgement on one mail. Total: every mail gets one, doubtful ones with `review`.

        `received_at` is aware; relative dates ("seit gestern") count from its local day.
        `mailbox` is the address of the postbox, which is never taken for the sender's place.
        """
        return self.judge_many([mail], received_at=[received_at], mailbox=mailbox)[0]

    def judge_many(
        self, mails: Sequence[ParsedMail], *, received_at: Sequence[datetime], mailbox: str
    ) -> tuple[Judgement, ...]:
        """The same for a batch, in its order; cheaper per mail, equal in result."""
        raise NotImplementedError
