"""The judge: what the machine thinks of a parsed mail, with reasons and doubts.

One judgement walks the files of this room in order: channel, concerns, facts, announced,
payment relevance (rules/payment.py), explanation, review.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from classify import (
    announced,
    channel,
    concerns,
    elsewhere,
    explain,
    own_address,
    reading,
    recognised,
    review,
    unsettled,
)
from classify.explain import Reason
from classify.facts import facts, whereabouts
from classify.facts.date_roles import DayReader
from classify.facts.day_terms import mentions
from classify.model.model import Model
from classify.opinion import Opinion, Questions
from classify.reading import Reading
from classify.recognised import Recognisers
from classify.scorer import Scorer
from rules import payment
from rules.codes import Channel, Concern, PaymentRelevant
from rules.directory import Directory
from rules.errors import Refused
from rules.mail import ParsedMail
from rules.verdict import ConcernFound, Facts, Judgement, Recogniser

_BERLIN: Final = ZoneInfo("Europe/Berlin")
CLOSE: Final = "message: close"
"""Payment reason where the model can't exclude that something moves money. Source: F24."""
ELSEWHERE: Final = "message: elsewhere"
"""The same of what stands beside the judged text. Source: own decision 0136."""
PAPER: Final = "message: paper"
"""A file is named as the paper of a change. Source: own decision 0150."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the stages found in one mail. `found` are the concerns that are named, and how probable.

    `spoke` says of each of them which words and recognisers spoke for it.
    """

    read: Reading
    opinion: Opinion
    came_by: Channel
    found: Mapping[Concern, float]
    spoke: Mapping[Concern, tuple[Reason, list[Recogniser]]]
    facts: Facts


class Judge:
    """Judges mails with one model. Immutable after it is made; threads may share it.

    Raises:
        Refused: `model.labels` for a model that wasn't trained on house mail.
    """

    __slots__ = (
        *("_columns", "_days", "_directory", "_model", "_questions", "_ranks"),
        *("_name", "_recognisers", "_scorer", "_thresholds"),
    )

    def __init__(self, model: Model, directory: Directory, *, name: str = "") -> None:
        """`name` is what judgements carry, instead of the model's own short one."""
        if not model.speaks_house:
            raise Refused(
                "model.labels",
                f"model {model.id} has other labels than the house; train it on house mail",
                model=model.id,
            )
        self._model, self._name = model, name or model.id
        self._directory = directory
        self._scorer = Scorer(model)
        self._questions = Questions(model, self._scorer)
        self._recognisers = Recognisers(self._scorer)
        self._days = DayReader(model.days)
        self._thresholds = concerns.as_codes(model.labels, model.thresholds)
        self._ranks = concerns.as_codes(model.labels, model.ranks)
        self._columns = {Concern(label): model.targets.index(label) for label in model.labels}

    @property
    def model_id(self) -> str:
        """The id that judgements carry."""
        return self._name

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        """The judgement on one mail. Total: every mail gets one, doubtful ones with `review`.

        `received_at` is aware; relative dates ("seit gestern") count from its local day.
        `mailbox` is the address of the postbox; its place is never taken for the sender's.
        """
        return self.judge_openly(mail, received_at=received_at, mailbox=mailbox)[0]

    def judge_openly(
        self, mail: ParsedMail, *, received_at: datetime, mailbox: str
    ) -> tuple[Judgement, Opinion]:
        """The same, and the model's opinion that it came from; for who measures the judge."""
        return self._judged([mail], [received_at], [mailbox])[0]

    def judge_many(
        self,
        mails: Sequence[ParsedMail],
        *,
        received_at: Sequence[datetime],
        mailboxes: Sequence[str],
    ) -> tuple[Judgement, ...]:
        """The same for a batch, in its order; together they take less time. Own decision 0111."""
        return tuple([said for said, _ in self._judged(mails, received_at, mailboxes)])

    def _judged(
        self, mails: Sequence[ParsedMail], times: Sequence[datetime], mailboxes: Sequence[str]
    ) -> list[tuple[Judgement, Opinion]]:
        # All mails go through one stage before the next begins: what a stage needs lies in the
        # processor's caches then. Source: own decision 0111.
        reads = [reading.of(mail) for mail in mails]
        opinions = self._questions.of_mails(reads)
        came_by = [
            channel.decide(
                read, opinion.channels, money=opinion.payment, bound=self._model.payment_bound
            )
            for read, opinion in zip(reads, opinions, strict=True)
        ]
        found = [*map(self._found, reads, opinions, came_by)]
        told = self._facts(reads, found, times, mailboxes)
        spoke = [*map(self._reasons, reads, opinions, found)]
        heard = map(_Heard, reads, opinions, came_by, found, spoke, told)
        return [(self._judgement(one), one.opinion) for one in heard]

    def _found(self, read: Reading, opinion: Opinion, came_by: Channel) -> Mapping[Concern, float]:
        """The concerns that are named, with their probabilities."""

        def choose(sure: Opinion) -> Mapping[Concern, float]:
            return concerns.choose(sure.concerns, self._thresholds, channel=came_by)

        return own_address.corrected(
            read, choose(opinion), ask=lambda bare: choose(self._questions.of_mails([bare])[0])
        )

    def _facts(
        self,
        reads: Sequence[Reading],
        found: Sequence[Mapping[Concern, float]],
        times: Sequence[datetime],
        mailboxes: Sequence[str],
    ) -> list[Facts]:
        """The facts of each mail."""
        days = [
            mentions(read, concerns=codes, today=at.astimezone(_BERLIN).date())
            for read, codes, at in zip(reads, found, times, strict=True)
        ]
        roles = [self._days.roles(named) for named in days]
        numbers = [*map(facts.kundennummern_of, reads)]
        where = [
            whereabouts.find(
                read.mail.body,
                self._directory,
                mailbox=mailbox,
                kundennummer=number.counts,
                subject=read.mail.subject,
            )
            for read, mailbox, number in zip(reads, mailboxes, numbers, strict=True)
        ]
        return [
            facts.read_facts(read, dates=dates, where=place, told=number)
            for read, dates, place, number in zip(reads, roles, where, numbers, strict=True)
        ]

    def _reasons(
        self, read: Reading, opinion: Opinion, found: Iterable[Concern]
    ) -> dict[Concern, tuple[Reason, list[Recogniser]]]:
        words = explain.words_of(read, self._scorer, opinion.scored)
        targets = [self._columns[code] for code in found]
        fired = self._recognisers.of_mail(read, opinion.scored, targets)
        return {
            code: (explain.reason(self._scorer, opinion.scored, words, target=target), of_code)
            for code, target, of_code in zip(found, targets, fired, strict=True)
        }

    def _judgement(self, heard: _Heard) -> Judgement:
        read, opinion, told = heard.read, heard.opinion, heard.facts
        named = self._named(heard)
        hint = announced.hint(read.said, told.dates)
        doubts = review.reasons(
            read,
            named[0].probability,
            channel=(heard.came_by, 1.0 if read.mail.form else opinion.channels[heard.came_by]),
            unlike=opinion.unlike,
            facts=told,
        )
        answer, because = self._payment(heard, named, hint, doubts)
        return Judgement(
            channel=heard.came_by,
            concerns=named,
            payment_relevant=answer,
            payment_because=because,
            facts=told,
            review=bool(doubts),
            review_because=doubts,
            model=self._name,
            payment_spans=announced.told_in(read, _paid(named, hint, answer)),
        )

    def _named(self, heard: _Heard) -> tuple[ConcernFound, ...]:
        """The concerns with all that is told of them, the most weighty first."""
        moving = announced.announced(
            heard.read,
            heard.found,
            sure=heard.opinion.payment,
            bound=self._model.payment_sure,
        )
        standing = {
            code: concerns.Standing(
                sure=heard.found[code],
                moves=code in moving,
                announced=heard.opinion.announced.get(code, 0.0),
                rank=self._ranks[code],
                place=reason.place(heard.read),
            )
            for code, (reason, _) in heard.spoke.items()
        }
        in_order = concerns.in_order(standing)
        return tuple([_concern(heard, code, standing[code], held=moving) for code in in_order])

    def _payment(
        self,
        heard: _Heard,
        named: Sequence[ConcernFound],
        hint: payment.PaymentHint,
        doubts: Collection[str],
    ) -> tuple[PaymentRelevant, tuple[str, ...]]:
        """Whether the mail moves money, and why; "no" only where the model excludes it."""
        answer, because = payment.of_message(named, hint=hint)
        if answer is PaymentRelevant.NO and heard.came_by is not Channel.MASCHINELL:
            reason = self._not_excluded(heard.read, heard.opinion.payment, doubts, named=named)
            if reason:
                return PaymentRelevant.OPEN, (reason,)
        return answer, because

    def _not_excluded(
        self, read: Reading, sure: float, doubts: Iterable[str], *, named: Iterable[ConcernFound]
    ) -> str:
        """Why a mail that isn't called payment-relevant is not safely excluded either, or "".

        The bound is a promise on mail as in the corpus, so of other mail it excludes nothing; and
        on the text that it was asked of. Source: own decisions 0028, 0117, 0136 and 0150.
        """
        bound = self._model.payment_bound
        if not review.STRANGE.isdisjoint(doubts) or (sure >= bound and self._is_close(read)):
            return CLOSE
        if unsettled.has_paper_of_a_change(read):
            return PAPER
        code = unsettled.named_but_unsettled(read, [one.code for one in named], self._questions)
        if code is not None:
            return f"{code.value}: unsettled"
        return ELSEWHERE if elsewhere.may_move_money(read, self._questions, bound=bound) else ""

    def _is_close(self, read: Reading) -> bool:
        """Whether it is more than an address that may move money. Source: own decision 0155."""
        bare = own_address.without_lines(read)
        if bare is None:
            return True
        again = self._questions.of_mails([reading.of(bare)])[0]
        return again.payment >= self._model.payment_bound


def _concern(
    heard: _Heard, code: Concern, known: concerns.Standing, *, held: frozenset[Concern]
) -> ConcernFound:
    """A concern with all that is told of it. `held` are the changes that hold in this mail."""
    reason, fired = heard.spoke[code]
    settled = recognised.settling(heard.read, code, heard.came_by)
    if held and not known.moves:
        settled += recognised.moods_of(heard.read, code)
    if settled:
        fired = [*settled, *[one for one in fired if one not in settled]]
    return ConcernFound(
        code, known.sure, known.moves, reason.words, reason.spans, recognisers=tuple(fired)
    )


def _paid(
    named: Iterable[ConcernFound], hint: payment.PaymentHint, answer: PaymentRelevant
) -> list[Concern]:
    """The concerns that made the answer on money; none for a `no`."""
    if answer is PaymentRelevant.NO:
        return []
    return [
        one.code
        for one in named
        if payment.relevance(one.code, announced=one.announced, hint=hint) is answer
    ]
