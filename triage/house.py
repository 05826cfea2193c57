"""Everything a station needs, in one frozen value, made by triage/wiring and passed first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from ingest.forms import Layouts
from rules.backoff import BackoffRule
from rules.codes import Concern
from rules.deadlines import DeadlineRules
from rules.directory import Directory
from rules.handover import TargetCheck
from rules.local_day import BERLIN, local_day
from rules.marks import MarkBook
from rules.retention import HOUSE_RETENTION, RetentionRules
from rules.rights.list_difference import FEW
from rules.sender_hints import Trust
from rules.worktime import WorkingHours
from store.approved.texts import TextShelf
from store.database.engine import Database
from store.mails.ledger import Message
from triage.ports import MailJudge, Scanner
from triage.rulesets.rulebook import InForce, RuleBook
from triage.rulesets.ruling import RulesFor
from triage.texts.textbook import TextBook


@dataclass(frozen=True, slots=True)
class PostboxPlan:
    """What the doors know of a postbox: its name, its region, and whether it is only observed."""

    name: str
    region: str
    is_observed: bool
    is_swept: bool = False
    """Whether a mail also leaves the postbox when its content is deleted; never if observed."""
    sends: bool = True
    """Whether answers, hand-overs and tasks leave for its mails. Own decision 0069."""


@dataclass(frozen=True, slots=True)
class RightsPolicy:
    """How folder permissions are looked at: whether plans may be carried out, and what is left out.

    `exempt` are accounts that are never judged; `common_folders` belong to no agency.
    """

    may_write: bool = False
    exempt: frozenset[str] = frozenset()
    common_folders: frozenset[str] = frozenset()
    clerks_follow_lists: bool = False
    """Whether people at the desk see the agencies of their lists, and those only."""
    follow_minutes: int = 0
    """How often members of lists are asked for where the lists came from; 0: never by itself."""
    follow_few: int = FEW
    """So many may join or leave a list by themselves whatever its size; more only below half."""


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """How deletion runs. `hour` is the local hour of a worker's own run; None: never by itself."""

    rules: RetentionRules = HOUSE_RETENTION
    hour: int | None = None
    batch_mails: int = 100
    plan_mails: int = 20_000


@dataclass(frozen=True, slots=True)
class MarksPolicy:
    """Marks on mails in the postbox: whether theirs are read, ours are written, and their names."""

    reads: bool = True
    writes: bool = True
    book: MarkBook = field(default_factory=MarkBook)


@dataclass(frozen=True, slots=True)
class AlarmPolicy:
    """Who is told of alarms: addresses, names of webhooks; and the sender of the mails."""

    mail: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    sender: str = ""

    @property
    def is_told(self) -> bool:
        """Whether anybody is told at all."""
        return bool(self.mail or self.webhooks)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that stations ask for; units are in the names."""

    lease_seconds: int
    """How long a clerk holds an item without a sign of life. Hausregel, own decision 0024."""
    postbox_lease_seconds: int
    grace_seconds: int
    """Wait after a dead worker's lease before its last command is repeated. Source: imap
    measurement 2026-11-23: with grace 0 doubles in 936 mails, without 1 in 308."""
    look_seconds: int
    """How long a hand move or a missing folder may stay unnoticed. Own decision 0024."""
    batch_mails: int
    reply_from: str
    """Address pattern of the sender, with {agency} for the spelled-out agency name."""
    reply_name: str
    portal_url: str
    phone: str
    create_folders: bool
    """Whether missing folders of agencies are created, or the op is refused and named."""
    overdue_minutes: int = 60
    """How long the oldest unsorted mail may wait before it is an alarm. Own decision 0031."""
    small_cell: int = 5
    """Numbers of figures under this are hidden. Own decision 0044."""
    gives_tasks: bool = False
    """Whether tasks for other units have a way out. Own decision 0059."""
    target_check: TargetCheck = TargetCheck.IF_TOLD
    """Whether a receipt must name the record. Own decision 0058."""
    receipt_hours: int = 24
    """How long a receipt may take before it is an alarm. Own decision 0058."""
    task_receipt_hours: int = 0
    """The same for tasks; 0: nobody waits. Own decision 0066."""
    geschaeftsvorgaenge: Mapping[Concern, str] = field(default_factory=dict)
    """What the export calls a concern, by its code, where that differs. Source: R6."""
    discloses_after_check: bool = False
    """Whether texts that disclose may go to who was compared. Own decision 0051."""
    kontaktcodes: Mapping[Concern, str] = field(default_factory=dict)
    """Under which Kontaktcode a concern is counted; nothing where empty. Source: R13."""
    text_warn_days: int = 30
    """How many days before the end of a text its authors are told. Own decision 0052."""
    replies_a_minute: int = 60
    """How many answers leave in one minute, from all workers together. Own decision 0053."""
    sent_folder: str = ""
    """Folder of the postbox for copies of sent answers; empty: none. Own decision 0053."""
    drafts_folder: str = ""
    """Folder of the postbox whose drafts are taken as answers; empty: none. Own decision 0097."""
    rights: RightsPolicy = RightsPolicy()
    sweep: SweepPolicy = SweepPolicy()
    anchor: Path | None = None
    """File that notes the trail's head once a day; None: nowhere. Own decision 0055."""
    marks: MarksPolicy = MarksPolicy()
    alarms: AlarmPolicy = AlarmPolicy()
    """Who is told of alarms beside log and metrics. Own decision 0068."""
    postboxes: tuple[PostboxPlan, ...] = ()
    """All of the configuration, in its order."""
    working_hours: WorkingHours | None = None
    """The time in which a clerk's lease runs out; None: day and night. Own decision 0049."""
    open_claims: int | None = None
    """How many items one clerk may hold at a time; None: as many as he likes."""
    trust: Trust = field(default_factory=Trust)
    """Whose checks of senders are believed, and which domains are ours. Own decision 0082."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What a verdict needs, and nothing durable: enough for `postlotse judge`."""

    judge: MailJudge
    directory: Directory
    layouts: Layouts
    deadlines: DeadlineRules


@dataclass(frozen=True, slots=True)
class House:
    """The rooms, wired together. Safe to share between threads."""

    db: Database
    judging: Judging
    texts: TextShelf
    """The first stock: the files. What may be sent is on `shelf`."""
    backoff: BackoffRule
    policy: Policy
    clock: Callable[[], datetime]
    """Now, aware UTC. The only clock of the stations; tests turn it."""
    rulebook: RuleBook = field(default_factory=RuleBook)
    """The rule sets in force."""
    textbook: TextBook = field(default_factory=TextBook)
    """The texts that people approved at the desk, over those of the files."""
    scanner: Scanner | None = None
    """Looks into attachments for malicious code; None: nobody does."""

    @property
    def directory(self) -> Directory:
        """The agencies."""
        return self.judging.directory

    @property
    def layouts(self) -> Layouts:
        """The form layouts that the parser knows."""
        return self.judging.layouts

    def shelf(self) -> TextShelf:
        """All approved texts as of now, from files and desk. Raises: TryLater: `store.away`."""
        return self.textbook.shelf(self.db, self.texts, now=self.clock())

    def local_now(self) -> datetime:
        """Now in German legal time."""
        return self.clock().astimezone(BERLIN)

    def today(self) -> date:
        """The local day of now."""
        return local_day(self.clock())

    def rules_for(self, message: Message) -> RulesFor:
        """Which rule set holds for a kept mail: the one in force when it was received."""
        return self.rules_at(message.received_at, message.region or "", message.size_bytes)

    def rules_at(self, moment: datetime, region: str, size_bytes: int) -> RulesFor:
        """Which rule set holds for a mail of that size received at a moment (aware UTC).

        `region` is that of its postbox, or empty: then its agency's or address's counts.
        """

        def find(where: str) -> InForce | None:
            local = moment.astimezone(BERLIN)
            return self.rulebook.at(
                self.db, region=where, moment=moment, local=local, now=self.clock()
            )

        return RulesFor(region, size_bytes, find)
