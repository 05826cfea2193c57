"""A whole house for tests: real rooms on a real database, a clock that tests turn, a simple judge.

The judge is a hand-written double: it finds concerns by words of the subject, so that a test
says in its mail what it wants. The real judge is tested in tests/classify and tests/journey.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from ingest import forms
from rules.access import Caller
from rules.backoff import BackoffRule
from rules.codes import Channel, Concern, PaymentRelevant, Role
from rules.deadlines import DeadlineRules
from rules.directory import Directory
from rules.facts import iban, kundennummer
from rules.mail import ParsedMail
from rules.verdict import ConcernFound, Facts, Judgement
from store.approved.texts import TextShelf
from store.database.engine import Database
from store.upkeep import migrate
from triage import wiring
from triage.house import House, Judging, Policy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

WORDS = {
    "krank": (Concern.AU, PaymentRelevant.YES),
    "konto": (Concern.BANKVERBINDUNG, PaymentRelevant.YES),
    "urlaub": (Concern.ORTSABWESENHEIT, PaymentRelevant.OPEN),
    "termin": (Concern.TERMIN, PaymentRelevant.NO),
    "kündigung": (Concern.ARBEITSUCHEND, PaymentRelevant.NO),
}


@dataclass
class Clock:
    """Stands still until a test turns it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def one_by_one(
    judge: Any,
    mails: Sequence[ParsedMail],
    *,
    received_at: Sequence[datetime],
    mailboxes: Sequence[str],
) -> list[Judgement]:
    """`judge_many` of a double: its own `judge`, mail by mail."""
    return [
        judge.judge(mail, received_at=at, mailbox=mailbox)
        for mail, at, mailbox in zip(mails, received_at, mailboxes, strict=True)
    ]


class WordJudge:
    """Concerns by words of the subject; machine mail by Auto-Submitted; the rest `sonstiges`."""

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        found = [pair for word, pair in WORDS.items() if word in mail.subject.lower()]
        if "explodiere" in mail.subject:
            raise RuntimeError("a bug in the judge, on purpose")
        payment = max((p for _, p in found), key=_money, default=PaymentRelevant.NO)
        channel = mail.form.channel if mail.form else Channel.FREIE_EMAIL
        if mail.header("auto-submitted").startswith("auto"):
            channel, found = Channel.MASCHINELL, [(Concern.KEIN_ANLIEGEN, PaymentRelevant.NO)]
        words = mail.body.new.split()
        return Judgement(
            channel=channel,
            concerns=tuple(
                ConcernFound(c, 0.9, announced=True, because=("Wort",)) for c, _ in found
            )
            or (ConcernFound(Concern.SONSTIGES, 0.5, announced=False),),
            payment_relevant=payment,
            payment_because=(),
            facts=Facts(
                kundennummer=next((k for w in words if (k := kundennummer(w))), None),
                iban=next((i for w in words if (i := iban(w))), None),
                plz=next((w for w in words if len(w) == 5 and w.isdigit()), None),
            ),
            review=not found,
            review_because=() if found else ("unsure",),
            model="word-judge",
        )

    judge_many = one_by_one


def _money(payment: PaymentRelevant) -> int:
    return [PaymentRelevant.NO, PaymentRelevant.OPEN, PaymentRelevant.YES].index(payment)


@cache
def directory() -> Directory:
    return wiring.load_directory()


@cache
def layouts() -> forms.Layouts:
    return wiring.load_layouts(None)


@cache
def texts() -> TextShelf:
    """Nothing of a house changes the shelf; to read and check it takes longer than most tests."""
    return wiring.load_texts(None)


POLICY = Policy(
    lease_seconds=900,
    postbox_lease_seconds=120,
    grace_seconds=30,
    look_seconds=300,
    batch_mails=50,
    reply_from="{agency}@arbeitsagentur.example",
    reply_name="Eingangszone {agency}",
    portal_url="https://konto.example/",
    phone="0000 1234567",
    create_folders=True,
    gives_tasks=True,
)


def make_house(url: str, *, clock: Clock | None = None, judge: object | None = None) -> House:
    """A house on a fresh or existing database at `url`."""
    migrate.upgrade(url)
    return open_house(url, clock=clock, judge=judge)


def open_house(url: str, *, clock: Clock | None = None, judge: object | None = None) -> House:
    """A house on a database that has its tables."""
    return House(
        db=Database.open(url),
        judging=Judging(judge or WordJudge(), directory(), layouts(), DeadlineRules()),
        texts=texts(),
        backoff=BackoffRule(first_seconds=10, max_tries=3, spread=0),
        policy=POLICY,
        clock=clock or Clock(),
    )


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'postlotse.sqlite'}"


def eml(
    subject: str,
    text: str = "Guten Tag.",
    *,
    to: str = "Kassel@arbeitsagentur.de",
    sender: str = "alex@post.example",
    **headers: str,
) -> bytes:
    """A small mail; `headers` with underscores for hyphens."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = "Mon, 23 Nov 2026 08:15:00 +0100"
    mail["Message-ID"] = "<same@post.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def clerk(*agencies: str, name: str = "k-1") -> Caller:
    """A clerk of the Eingangszone of these agencies."""
    return Caller(name, Role.CLERK, agencies=frozenset(agencies or ("435",)))


def service_center(region: str = "Südwest", name: str = "sc-1") -> Caller:
    """A person of a Service Center."""
    return Caller(name, Role.CLERK, agencies=None, regions=frozenset({region}))


MACHINE = Caller("sc-rules", Role.AUTOMATION, agencies=None)
ADMIN = Caller("a-1", Role.ADMIN, agencies=None)
