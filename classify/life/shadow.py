"""A second model beside the live one: it judges the same mails, and only differences are counted.

Whatever becomes of the shadow, the live model's answer stands: a candidate stops no post. No text,
no address and no number of a mail is kept, only how often which codes differed. Source: F27 (shadow
run); promises 3 (one bad mail) and 8 (no content) of docs/way.md; own decision 0029.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from classify.judge import Judge
from rules.mail import ParsedMail
from rules.verdict import Judgement

_WRITE_EVERY: Final = 20
"""Mails; at most this many are not counted when the process ends."""

log = structlog.get_logger()


class ShadowedJudge:
    """Judges with the live model and lets the shadow judge too; threads may share it.

    The answer is always the live model's. Counts are added up in memory and written to `path`
    (one file a process) every `write_every` mails.
    """

    __slots__ = ("_counts", "_live", "_lock", "_path", "_shadow", "_write_every")

    def __init__(
        self, live: Judge, shadow: Judge, path: Path, *, write_every: int = _WRITE_EVERY
    ) -> None:
        self._live, self._shadow, self._path = live, shadow, path
        self._write_every = write_every
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        """The live model's: it alone answers."""
        return self._live.model_id

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        """The live model's judgement, as `Judge.judge`."""
        return self.judge_many([mail], received_at=[received_at], mailboxes=[mailbox])[0]

    def judge_many(
        self,
        mails: Sequence[ParsedMail],
        *,
        received_at: Sequence[datetime],
        mailboxes: Sequence[str],
    ) -> tuple[Judgement, ...]:
        """The live model's judgements, as `Judge.judge_many`."""
        said = self._live.judge_many(mails, received_at=received_at, mailboxes=mailboxes)
        try:
            others = self._shadow.judge_many(mails, received_at=received_at, mailboxes=mailboxes)
            self._count(said, others)
        except Exception:
            log.exception("shadow.broken", mails=len(mails))
        return said

    def _count(self, said: Sequence[Judgement], others: Sequence[Judgement]) -> None:
        with self._lock:
            for one, other in zip(said, others, strict=True):
                self._counts.update(differences(one, other))
                if self._counts["mails"] % self._write_every == 0:
                    self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(self._counts, sort_keys=True), encoding="utf-8")
        beside.replace(self._path)


def differences(live: Judgement, shadow: Judgement) -> Iterable[str]:
    """What to count of one mail: names like `code:au:shadow_only`, `payment:no>yes`."""
    yield "mails"
    first, second = ({found.code.value for found in one.concerns} for one in (live, shadow))
    yield from (f"code:{code}:both" for code in sorted(first & second))
    yield from (f"code:{code}:live_only" for code in sorted(first - second))
    yield from (f"code:{code}:shadow_only" for code in sorted(second - first))
    if live.concerns[0].code is not shadow.concerns[0].code:
        yield "first"
    if live.payment_relevant is not shadow.payment_relevant:
        yield f"payment:{live.payment_relevant.value}>{shadow.payment_relevant.value}"
    if live.channel is not shadow.channel:
        yield f"channel:{live.channel.value}>{shadow.channel.value}"
    if live.review is not shadow.review:
        yield "review:more" if shadow.review else "review:less"


@dataclass(frozen=True, slots=True)
class CodeDifference:
    """How often both models named a code, and how often only one of them."""

    code: str
    both: int
    live_only: int
    shadow_only: int


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """All differences. `changes` are payment, channel, first concern and review by name."""

    mails: int
    codes: tuple[CodeDifference, ...]
    changes: tuple[tuple[str, int], ...]


def report(files: Iterable[Path]) -> ShadowReport:
    """The counts of all processes added up."""
    counts: Counter[str] = Counter()
    for path in files:
        counts.update(json.loads(path.read_text(encoding="utf-8")))
    codes = sorted({name.split(":")[1] for name in counts if name.startswith("code:")})
    changes = {
        name: number
        for name, number in counts.items()
        if name != "mails" and not name.startswith("code:")
    }
    return ShadowReport(
        counts["mails"],
        tuple(_difference(code, counts) for code in codes),
        tuple(sorted(changes.items())),
    )


def _difference(code: str, counts: Mapping[str, int]) -> CodeDifference:
    both, live, shadow = (
        counts.get(f"code:{code}:{who}", 0) for who in ("both", "live_only", "shadow_only")
    )
    return CodeDifference(code, both, live, shadow)
