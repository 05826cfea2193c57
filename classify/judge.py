"""The judge: what the machine thinks of a parsed mail, with reasons and doubts.

One judgement walks the files of this room in order: channel, concerns, facts, announced,
payment relevance (rules/payment.py), explanation, review.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from classify import (
    announced,
    channel,
    concerns,
    explain,
    facts,
    reading,
    review,
    whereabouts,
)
from classify.model import Model
from classify.opinion import Opinion, of_mail
from classify.reading import Reading
from classify.scorer import Scorer
from rules import payment
from rules.codes import Channel, Concern, PaymentRelevant
from rules.directory import Directory
from rules.errors import Refused
from rules.mail import ParsedMail
from rules.verdict import ConcernFound, Facts, Judgement

_BERLIN: Final = ZoneInfo("Europe/Berlin")
CLOSE: Final = "message: close"
"""Payment reason where the model can't exclude that something moves money. Source: F24."""


class Judge:
    """Judges mails with one model. Immutable after it is made; threads may share it.

    Raises:
        Refused: `model.labels` for a model that wasn't trained on house mail.
    """

    __slots__ = ("_directory", "_model", "_ranks", "_scorer", "_thresholds")

    def __init__(self, model: Model, directory: Directory) -> None:
        if not model.speaks_house:
            raise Refused(
                "model.labels",
                f"model {model.id} has other labels than the house; train it on house mail",
                model=model.id,
            )
        self._model = model
        self._directory = directory
        self._scorer = Scorer(model)
        self._thresholds = concerns.as_codes(model.labels, model.thresholds)
        self._ranks = concerns.as_codes(model.labels, model.ranks)

    @property
    def model_id(self) -> str:
        """The id that judgements carry."""
        return self._model.id

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        """The judgement on one mail. Total: every mail gets one, doubtful ones with `review`.

        `received_at` is aware; relative dates ("seit gestern") count from its local day.
        `mailbox` is the address of the postbox; its place is never taken for the sender's.
        """
        read = reading.of(mail)
        opinion = of_mail(read, self._model, self._scorer)
        came_by = channel.decide(read, opinion.channels, money=opinion.payment)
        found = concerns.choose(opinion.concerns, self._thresholds, channel=came_by)
        today = received_at.astimezone(_BERLIN).date()
        told = self._facts(read, found, today, mailbox)
        return self._judgement(read, opinion, came_by, found, told)

    def judge_many(
        self, mails: Sequence[ParsedMail], *, received_at: Sequence[datetime], mailbox: str
    ) -> tuple[Judgement, ...]:
        """The same for a batch, in its order."""
        return tuple(
            self.judge(mail, received_at=at, mailbox=mailbox)
            for mail, at in zip(mails, received_at, strict=True)
        )

    def _facts(
        self, read: Reading, found: Mapping[Concern, float], today: date, mailbox: str
    ) -> Facts:
        order = concerns.in_order(found, ranks=self._ranks, moving=frozenset())
        where = whereabouts.find(read.mail.body, self._directory, mailbox=mailbox)
        return facts.read_facts(read, concerns=order, today=today, where=where)

    def _judgement(
        self,
        read: Reading,
        opinion: Opinion,
        came_by: Channel,
        found: Mapping[Concern, float],
        told: Facts,
    ) -> Judgement:
        moving = announced.announced(
            read, found, sure=opinion.payment, bound=self._model.payment_sure
        )
        order = concerns.in_order(found, ranks=self._ranks, moving=moving)
        words = explain.words_of(read, self._scorer, opinion.scored)
        named = tuple(self._found(words, opinion, code, found[code], moving) for code in order)
        answer, because = payment.of_message(named, hint=announced.hint(read.said, told.dates))
        if self._is_close(came_by, answer, opinion.payment):
            answer, because = PaymentRelevant.OPEN, (CLOSE,)
        doubts = review.reasons(
            read,
            found,
            channel=(came_by, 1.0 if read.mail.form else opinion.channels[came_by]),
            unlike=opinion.unlike,
            facts=told,
        )
        return Judgement(
            channel=came_by,
            concerns=named,
            payment_relevant=answer,
            payment_because=because,
            facts=told,
            review=bool(doubts),
            review_because=doubts,
            model=self._model.id,
        )

    def _found(
        self,
        words: explain.Words,
        opinion: Opinion,
        code: Concern,
        probability: float,
        moving: frozenset[Concern],
    ) -> ConcernFound:
        target = self._model.targets.index(code)
        spoke = explain.reason(self._scorer, opinion.scored, words, target=target)
        return ConcernFound(code, probability, code in moving, spoke.words, spoke.spans)

    def _is_close(self, came_by: Channel, answer: PaymentRelevant, sure: float) -> bool:
        """Not called payment-relevant, but not safely excluded either. Never for machine mail."""
        if came_by is Channel.MASCHINELL or answer is not PaymentRelevant.NO:
            return False
        return sure >= self._model.payment_bound
