"""Postlotse for programs, in one file: copy it beside yours, and don't edit it.

Written by clients/make_client.py from the OpenAPI of the house; standard library only,
Python 3.11. How to use it: docs/automation.md.

    house = Postlotse(Line("https://postlotse.example", key="sc-west.secret"))
    for event in house.each_events(cursor="0"):
        print(event.type, event.subject)
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import types
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")

LONGEST_WAIT_SECONDS: Final = 30.0
"""However long the house asks to wait before a repeat."""
_REPEATED: Final = frozenset({429, 500, 503})
"""Answers that are not kept under an Idempotency-Key: the next try may succeed."""


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """The house said no (RFC 9457). Compare `code`; the text may change."""

    def __init__(self, status: int, code: str, detail: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.details = dict(details)


class Away(Exception):  # noqa: N818 - what it is, not what to do
    """No answer after all tries. A write may have been done: repeat it with the same key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Line:
    """A connection to one house. Opens at the first call, and anew when it breaks.

    `etag` and `replayed` tell of the last answer: its `ETag`, and whether it was the first
    answer to a repeated request. GET, PUT, DELETE, and POST with its key are repeated up to
    `tries` times after a broken line, 429, 500 and 503. Nothing is followed elsewhere: the key
    would go along.
    """

    url: str
    key: str = ""
    timeout_seconds: float = 30
    tries: int = 4
    tls: ssl.SSLContext | None = None
    pause: Callable[[float], None] = time.sleep
    etag: str = ""
    replayed: bool = False
    _http: http.client.HTTPConnection | None = field(default=None, repr=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request until it is answered. Raises: Problem, Away."""
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            sent["Content-Type"] = content_type
        target = urlsplit(self.url).path.rstrip("/") + path + _query(query or {})
        for turn in range(self.tries):
            is_last = turn + 1 == self.tries
            try:
                answer = self._once(method, target, sent, body)
            except (OSError, http.client.HTTPException) as exc:
                self.close()
                if is_last:
                    raise Away(f"{method} {path}: {exc}") from exc
                self.pause(min(LONGEST_WAIT_SECONDS, 0.5 * 2**turn))
                continue
            if answer.status not in _REPEATED or is_last:
                return self._taken(answer)
            self.pause(_wait_of(answer))
        raise Away(f"{method} {path}: no try was allowed")

    def close(self) -> None:
        """End the connection. The next call opens a new one."""
        if self._http is not None:
            self._http.close()
        self._http = None

    def _once(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        if self._http is None:
            self._http = self._opened()
        self._http.request(method, target, body=body, headers=dict(headers))
        response = self._http.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())

    def _opened(self) -> http.client.HTTPConnection:
        place = urlsplit(self.url)
        host = place.hostname or ""
        if place.scheme == "https":
            return http.client.HTTPSConnection(
                host, place.port, timeout=self.timeout_seconds, context=self.tls
            )
        return http.client.HTTPConnection(host, place.port, timeout=self.timeout_seconds)

    def _taken(self, answer: Answer) -> Answer:
        self.etag = answer.headers.get("etag", "")
        self.replayed = answer.headers.get("idempotency-replayed") == "true"
        # 304 is an answer: what the program has is what there is.
        if answer.status >= 300 and answer.status != 304:
            raise problem_of(answer)
        return answer


def problem_of(answer: Answer) -> Problem:
    """The problem that an answer tells; of a proxy in between only the status is known."""
    if answer.status < 400:
        place = answer.headers.get("location", "nowhere")
        told = f"the answer points to {place}; give the house's own address to Line"
        return Problem(answer.status, "http.elsewhere", told, {})
    try:
        said = json.loads(answer.body)
        return Problem(answer.status, said["code"], said["detail"], said.get("details", {}))
    except (ValueError, KeyError, TypeError):
        return Problem(answer.status, "http.unknown", "an answer that is no problem+json", {})


def new_key() -> str:
    """A fresh Idempotency-Key. Keep it with what you send, if your program may be killed."""
    return str(uuid.uuid4())


def part(value: object) -> str:
    """A value as one part of a path."""
    return quote(str(value), safe="")


def body_of(value: object) -> bytes | None:
    """A request as JSON; what is None is left out, as it was not given."""
    if value is None:
        return None
    given = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if isinstance(given, dict):
        given = {name: one for name, one in given.items() if one is not None}
    return json.dumps(given, default=_plain).encode()


def read(kind: Any, value: Any) -> Any:
    """JSON as a value of that type. Keys that this client does not know are passed over."""
    if kind is Any or value is None:
        return value
    if kind is datetime or kind is date:
        return kind.fromisoformat(value)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        there = {one.name for one in fields(kind) if one.name in value}
        return typing.cast("type", kind)(**{n: read(hints[n], value[n]) for n in there})
    return _read_generic(kind, value)


def _read_generic(kind: Any, value: Any) -> Any:
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return [read(inside[0], one) for one in value]
    if origin is tuple:
        return tuple(read(one, given) for one, given in zip(inside, value, strict=True))
    if origin is dict:
        return {name: read(inside[1], one) for name, one in value.items()}
    if origin in (typing.Union, types.UnionType):
        real = [one for one in inside if one is not type(None)]
        return read(real[0], value) if len(real) == 1 else value
    return value


def _query(query: Mapping[str, object]) -> str:
    given = [
        (name, _plain(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    return f"?{urlencode(given)}" if given else ""


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wait_of(answer: Answer) -> float:
    said = answer.headers.get("retry-after", "")
    return min(LONGEST_WAIT_SECONDS, float(said) if said.isdecimal() else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateIn:
    """From which local day on; without: at once."""

    day: date | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationOut:
    """From when it holds; `withdrawn_at` if it was taken back before."""

    from_at: datetime
    by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainIn:
    """Who says that nothing came, and since when; kept as long as the mail, not in the trail."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyOut:
    """The agency in charge; `code` null means clearing folder."""

    code: str | None
    name: str | None
    how: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPartOut:
    """What one agency would have got; `code` is null for the clearing folder."""

    code: str | None
    name: str
    mails: int
    payment_yes: int
    payment_open: int
    review: int
    folders: list[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRowOut:
    """One agency's waiting line now."""

    code: str | None
    name: str
    region: str
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySumOut:
    """Mails of an agency before and after; empty: nobody's yet."""

    agency: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveIn:
    """The hash of what was read: something else is not approved."""

    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideIn:
    """Which of them; without anything: all."""

    reason_code: str = ""
    postbox: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideOut:
    """One mail beside the way, with the reason."""

    message_id: int
    postbox: str | None
    sender: str
    subject: str
    received_at: datetime
    set_aside_at: datetime
    step: str
    reason_code: str
    detail: str
    tries: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AsidePage:
    """One page, newest first; `next_cursor` is null on the last."""

    mails: list[AsideOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentOut:
    """One attachment, named and measured, never opened."""

    name: str
    content_type: str
    size_bytes: int
    path: str
    inline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentsOut:
    """Whether an attachment is announced in the text, and whether there is one."""

    announced: bool
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyOut:
    """The text, cut at its seams; in this order it is the whole text."""

    new: str
    quoted: str
    signature: str
    disclaimer: str


By = Literal["day", "concern", "channel", "agency", "region"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOut:
    """The chain of the running round; empty where none was started."""

    links: list[LinkOut]


Channel = Literal[
    "freie_email",
    "eservice_au",
    "eservice_veraenderung",
    "kontaktformular",
    "postfachnachricht",
    "maschinell",
]

Check = Literal["address_compared", "authority_present"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """What was compared before a text that discloses."""

    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """One neighbour of the house; `needed` false means: it goes on without."""

    name: str
    ok: bool
    needed: bool
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTextOut:
    """What is wrong with a text; `readable` false: it can't be kept even as a draft."""

    readable: bool
    findings: list[TextFindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOut:
    """The right to write on one item; the token goes into `X-Lease-Token` of every write."""

    item_id: int
    lease_token: str
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseIn:
    """Why the item is done; figures count by it."""

    reason: CloseReason


CloseReason = Literal[
    "answered", "done", "handed_over", "passed_on", "settled_elsewhere", "nothing_to_do"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessOut:
    """The sum of one local day; `closes` false means that the house has lost count."""

    day: date
    postbox: str | None
    seen: int
    states: dict[str, int]
    difference: int
    closes: bool
    differences: list[DifferenceOut]


Concern = Literal[
    "au",
    "arbeitsuchend",
    "arbeitslos",
    "bankverbindung",
    "anschrift_name",
    "arbeitsaufnahme",
    "nebeneinkommen",
    "leistungsaenderung",
    "rente",
    "ortsabwesenheit",
    "termin",
    "bearbeitungsstand",
    "antrag_unterlagen",
    "insolvenzgeld",
    "beratung",
    "bescheinigung",
    "widerspruch",
    "familienkasse",
    "jobcenter",
    "arbeitgeber",
    "online_zugang",
    "sonstiges",
    "kein_anliegen",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernOut:
    """One concern, with the words that spoke for it and the recognisers that fired."""

    code: Concern
    probability: float
    announced: bool
    because: list[str]
    spans: list[SpanOut]
    recognisers: list[RecogniserOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionIn:
    """What the clerk says instead of the machine; a reason where payment goes down to `no`."""

    concerns: list[Concern]
    payment_relevant: PaymentRelevant
    kundennummer: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionList:
    """The oldest first."""

    corrections: list[CorrectionOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionOut:
    """A clerk's correction beside what the machine had said. No content, no person."""

    id: int
    message_id: int
    at: datetime
    is_own: bool
    machine_concerns: list[str]
    machine_payment: str
    concerns: list[str]
    payment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOut:
    """Two versions in one, in reading order."""

    pieces: list[PieceOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceOut:
    """One mail that is not accounted for exactly once."""

    message_id: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementOut:
    """A mail that a person filed elsewhere than Postlotse would have."""

    message_id: int
    would: str
    lies_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOut:
    """An answer that somebody laid into a folder of the postbox, and that was not taken."""

    folder: str
    code: str
    text_id: str
    places: list[DraftPlaceOut]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlaceOut:
    """Where a draft leaves the approved text; its own words are counted, not told."""

    before: str
    missing: str
    surplus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunIn:
    """Which stored mails are tried: newest first."""

    days: int | None = None
    mails: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAgainOut:
    """How many are due again."""

    again: int


EakteState = Literal["none", "owed", "sent", "received", "rejected", "waived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOut:
    """Who did what to what, without content; number and hashes are null until it is sealed."""

    id: int
    at: datetime
    actor: str
    action: str
    text: str
    subject: str
    details: dict[str, Any]
    seal_seq: int | None
    prev_hash: str | None
    hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOut:
    """One thing that happened; `item_id` and `agency_code` are those of now, null without item."""

    id: str
    type: str
    at: datetime
    message_id: int
    item_id: int | None
    agency_code: str | None
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events in order; come back with `next_cursor`, it is never null."""

    events: list[EventOut]
    next_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsOut:
    """What could be read out of the text; null where nothing is readable."""

    kundennummer: str | None
    kundennummern: list[str] = field(default_factory=list)
    iban: str | None
    plz: str | None
    place: str | None
    phone: str | None
    dates: dict[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """Numbers in the order of their table. Of mails: received, done, handed over, corrected, sorted (became an item). Null where a number is too small to be shown."""

    key: str
    numbers: list[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresOut:
    """The live picture; no person, no working time."""

    agencies: list[AgencyRowOut]
    concerns: list[tuple[str, int]]
    aside: int
    closed_today: int
    receipts_open: int
    near: list[tuple[date, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingOut:
    """One fault; an `error` keeps the version from being activated. Texts are German."""

    code: str
    level: str
    line: int
    rule: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReviewOut:
    """One folder and its last sign-off. `folder` is empty for what an agency's lists are. `new` is open now and was not there at the sign-off; `gone` was there and is no more."""

    folder: str
    agency: str
    state: Literal["signed", "new_since", "open", "overdue"]
    open: int
    kept: int
    new: list[KeyOut]
    gone: list[KeyOut]
    signed_at: datetime | None
    signed_by: str | None
    reason: str
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReviews:
    """All folders of a postbox as of its last look; `audit_id` is null where nobody looked."""

    audit_id: int | None
    folders: list[FolderReviewOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSignOffIn:
    """The folders that were looked at, all or none; why, where findings are open. With `audit_id` it is refused (`rights.newer_audit`) when a newer look has been taken."""

    postbox: str
    folders: list[str]
    reason: str = ""
    audit_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardIn:
    """The agency that is in charge instead."""

    agency_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromOut:
    """From when it holds, UTC."""

    from_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOut:
    """One condition before closing."""

    code: str
    text: str
    done: bool
    must: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedRecordOut:
    """One of the records that a mail was handed over to; null: without a number."""

    kundennummer: str | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverIn:
    """Whether the item closes by itself when the receipt comes, and into whose records it goes."""

    kundennummern: list[str] | None = None
    close_when_received: bool = False


Hint = Literal[
    "sender.names_the_house",
    "sender.looks_like_the_house",
    "sender.inside_unproven",
    "sender.other_address_in_name",
    "sender.several",
    "sender.check_failed",
    "sender.reply_elsewhere",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldIdOut:
    """The number of a hold."""

    hold_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldIn:
    """Keep one message or one postbox back from deletion."""

    kind: HoldKind
    reference: str
    message_id: int | None = None
    postbox: str | None = None


HoldKind = Literal["rechtsstreit", "auskunft", "pruefung", "sonstiges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldList:
    """Holds that the caller may see, newest first."""

    holds: list[HoldOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut:
    """A hold, in force or released; on a message, or on all of a postbox."""

    id: int
    message_id: int | None
    postbox: str | None
    kind: str
    reference: str
    at: datetime
    actor: str
    released_at: datetime | None = None
    released_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HopsOut:
    """How often the item has changed hands between teams and agencies."""

    hops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetailOut:
    """All that the desk shows of one item. `mail` is null after deletion."""

    item: ItemOut
    message: MessageOut
    mail: ParsedOut | None
    verdict: VerdictOut | None
    gates: list[GateOut]
    story: list[ItemsStepOut]
    others: list[OtherItemOut]
    settled: list[SettledItemOut]
    handover_error: str
    close_blocked_because: str
    corrected: bool
    reply_trouble: ReplyTroubleOut | None
    writer: Writer
    checks: list[Check]
    alarm_words: list[str]
    marks: list[MarkOut]
    tasks: list[TaskOut]
    sender: SenderOut
    scans: dict[str, ScanOut]
    programs: list[str]
    note: NoteOut | None
    kontaktcodes: dict[str, str]
    records: list[HandedRecordOut]
    drafts: list[DraftOut]
    only_head: OnlyHeadOut | None
    in_trial: bool
    named_agencies: list[NamedAgencyOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOut:
    """One item of the waiting line. Who holds it is not shown."""

    id: int
    message_id: int
    agency_code: str | None
    region: str
    team: str
    folder: str
    channel: str
    first_concern: str
    payment: str
    eakte: EakteState
    state: ItemState
    review: bool
    due_on: date | None
    received_at: datetime
    hops: int
    parked_until: date | None
    lease_until: datetime | None
    version: int
    language: str
    alert: str
    closed_at: datetime | None
    close_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ListedOut]
    next_cursor: str | None


ItemState = Literal["waiting", "held", "parked", "pending", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepIn:
    """The finding that stays, why, and until when; `has` as it was read, if the finding gave it."""

    postbox: str
    code: str
    folder: str = ""
    subject: str
    has: str | None = None
    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOut:
    """Which finding it is, in every look again."""

    code: str
    subject: str


Language = Literal["en", "einfach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateList:
    """Longest first."""

    late: list[LateOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOut:
    """What left and has no receipt."""

    id: int
    kind: str
    key: str
    item_id: int | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOut:
    """The new end of a lease."""

    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOut:
    """What holds in a region; empty region: all without a set of their own."""

    region: str
    now: VersionOut | None
    since: datetime | None
    planned: list[tuple[VersionOut | None, datetime]]
    stand: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOut:
    """One unit in the reporting chain."""

    step: Literal["agency", "direction", "region"]
    unit: str
    name: str
    due: date
    done_on: date | None
    is_overdue: bool
    waits_for: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOut:
    """One reported list, without its members."""

    address: str
    agency: str | None
    region: str | None
    level: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOut:
    """An item in a list, with what a clerk recognises the mail by."""

    item: ItemOut
    sender: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsIn:
    """A CSV as the lists of a region, all or nothing."""

    region: str
    csv: str
    source: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsOut:
    """The lists that hold in a region; `reported_at` is null where none were reported."""

    region: str
    reported_at: datetime | None
    source: str
    lists: list[ListOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOut:
    """The process answers."""

    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOut:
    """How often the machine's first concern and payment were left as they were."""

    concern: str
    share: float | None
    has_fallen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailIn:
    """A mail in JSON, for callers that can't send message/rfc822."""

    raw_base64: str
    mailbox: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOut:
    """Where a message stands. `verdict` is null before the first."""

    message_id: int
    sha256: str
    state: str
    state_reason: str
    item_id: int | None
    verdict: VerdictOut | None
    only_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFigureList:
    """Marks set in Outlook from `since` to `until`, both days included."""

    since: date
    until: date
    marks: list[MarkFigureOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFigureOut:
    """How often a mark was set; `count` is null below 5, `mark` empty for unknown ones together."""

    agency_code: str | None
    mark: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkIn:
    """That a unit did its step today."""

    region: str
    step: Literal["agency", "direction", "region"]
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOut:
    """A mark that somebody set on the mail in Outlook, and what became of it."""

    name: str
    at: datetime
    gone_at: datetime | None
    outcome: str
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPeriodOut:
    """Marks that people set in Outlook; null where a number is too small to be shown."""

    names: list[str]
    lines: list[FigureLine]
    total: list[int | None]
    days: list[FigureLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLineOut:
    """One hand-over of the day."""

    heap: str
    key: str
    item_id: int | None
    region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOut:
    """What left on a local day beside what the eAkte says it received."""

    day: date
    closes: bool
    numbers: dict[str, int]
    lines: list[MatchLineOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOut:
    """The ledger's row of the mail."""

    id: int
    sha256: str
    postbox: str | None
    sender: str
    subject: str
    received_at: datetime
    state: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIn:
    """Which of them: one by its `id`, or all of an error; without anything: all."""

    id: int | None = None
    error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOut:
    """A mail that should lie in `folder`, and why it does not: the postbox's last word."""

    id: int
    message_id: int
    postbox: str
    folder: str
    error_code: str
    tries: int
    wished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePage:
    """One page, oldest first; `next_cursor` is null on the last."""

    moves: list[MoveOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOut:
    """One mail that would lie elsewhere."""

    message_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAgencyOut:
    """An agency in charge at places that the text names: a hint for who forwards it, no decision. The places may as well be a job's, a clinic's or a trip's."""

    code: str
    name: str
    places: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOut:
    """Why it was parked, returned or forwarded last, in the words of who did it."""

    text: str
    about: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OffOut:
    """A rule that is passed over because its target is gone."""

    rule: str
    region: str
    code: str
    target: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyHeadOut:
    """Nothing but the head of the mail was fetched; its text and files are to be read in Outlook. The hand-over is refused then (`mail.head_only`): a written reason stands for the receipt."""

    reason: str
    size_bytes: int
    postbox: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOut:
    """A worker does it; the overview shows when it is done."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedOut:
    """The outgoing row that was ordered, or that was there already."""

    outgoing_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherItemOut:
    """Another open item of the same sender or the same conversation; never merged."""

    item_id: int
    received_at: datetime
    first_concern: str
    state: str
    same_thread: bool


Outcome = Literal["pass", "fail", "unsure", "none", "untold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingIn:
    """Which dead letters; without anything: all."""

    kind: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingOut:
    """One thing on its way out; its content is not shown here."""

    id: int
    kind: str
    item_id: int | None
    message_id: int | None
    state: str
    tries: int
    next_try_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    error_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPage:
    """One page, newest first; `next_cursor` is null on the last."""

    outgoing: list[OutgoingOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOut:
    """Two messages that may be one mail, the older one first, and their items."""

    postbox: str
    message_id: int
    other_id: int
    item_id: int | None
    other_item_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkIn:
    """Lay the item aside until the morning of a local day."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedOut:
    """What could be read out of the mail. Plain text only: HTML is shown by the desk, sanitised."""

    subject: str
    sender: str
    sender_name: str
    recipients: list[str]
    sent_at: datetime | None
    body: BodyOut
    attachments: list[AttachmentOut]
    defects: list[str]


PaymentRelevant = Literal["yes", "open", "no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOut:
    """A period of local days; `open_days` may still change, a big one is as of `counted_at`."""

    since: date
    until: date
    by: str
    lines: list[FigureLine]
    days: list[FigureLine]
    total: list[int | None]
    minutes: float | None
    week: list[list[float]]
    machine: list[MachineOut]
    open_days: list[date]
    trend: TrendOut
    marks: MarkPeriodOut
    counted_at: datetime | None


Phase = Literal["draft", "review", "planned", "in_force", "ended", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceOut:
    """Words of both versions (`same`), of the older (`gone`) or of the newer (`new`)."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanIdOut:
    """The plan that was made."""

    plan_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOut:
    """A plan with its life so far. `hash` names postbox, changes and what is left out."""

    id: int
    hash: str
    postbox: str
    state: str
    made_at: datetime
    made_by: str
    decided_by: str | None
    reason: str = ""
    changes: list[RightsChangeOut]
    blocked: list[str]
    steps: list[RightsStepOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostboxIn:
    """Which postbox."""

    postbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostboxList:
    """All postboxes."""

    postboxes: list[PostboxOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostboxOut:
    """A postbox as the worker last found it."""

    name: str
    region: str
    is_observed: bool
    ok: bool
    message: str
    remedy: str
    oldest_unsorted: datetime | None
    age_seconds: int
    is_overdue: bool
    marked_at: datetime | None
    marks_today: int
    open_marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewIn:
    """For which item, with which values, and which second text below."""

    item_id: int
    values: dict[str, str] = field(default_factory=dict)
    second: SecondIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOut:
    """What a run would do today. Writes nothing."""

    day: date
    periods: dict[str, list[int | str]]
    to_delete: int
    more: bool
    hash: str
    tallies: list[TallyOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemOut:
    """RFC 9457, with a stable `code`. Compare codes; texts may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOut:
    """The proof as read back from the database now, with its own SHA-256."""

    proof: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsOut:
    """Fitting texts, best first; none where an answer is forbidden."""

    rule: RuleOut
    texts: list[TextOut]
    seconds: list[SecondOut]
    suggested: Language | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHoldIn:
    """Which hold was read: its `reference`, as the list of holds gives it; another one is 409."""

    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlanIn:
    """Which plan was read: its `hash`, as the plan gives it; another one is 409."""

    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRunIn:
    """Which run was read: its `hash`, as the list of runs gives it; another one is 409."""

    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingIn:
    """Whose rules a worker shall read; `script` names one of several Sieve scripts."""

    postbox: str
    script: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOut:
    """The newest reading of a postbox; without `ordered_at` there is none. `text` is there once it is done without `error_code`. Nothing of it is kept as a rule set."""

    postbox: str
    region: str
    ordered_at: datetime | None
    done_at: datetime | None
    error_code: str
    rules: int
    text: str
    remarks: list[RemarkOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsOut:
    """All postboxes of the caller's regions."""

    postboxes: list[ReadingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyOut:
    """Fit to work, and why not."""

    ready: bool
    checks: list[CheckOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserOut:
    """A recogniser that fired for a concern: its stable name, and what it heard."""

    name: str
    spans: list[SpanOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectPlanIn:
    """Which plan was read, and why it is put aside; who proposed it reads the reason."""

    hash: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkOut:
    """About one old rule; `is_taken` false: it is not among the new ones. Texts are German."""

    name: str
    code: str
    message: str
    is_taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedOut:
    """The letter as it would leave."""

    text_id: str
    version: int
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedOut:
    """How many go through the next sorting rounds."""

    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyIn:
    """An approved text by version, and the second text below it. `body`, if given, is the whole letter: compared word for word and never sent."""

    text_id: str
    version: int
    values: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    second: SecondIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTroubleOut:
    """The last answer did not arrive: why by code, and the other server's status, if any."""

    outgoing_id: int
    text_id: str
    code: str
    status: str
    at: datetime


ReviewState = Literal["signed", "new_since", "open", "overdue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsFindingOut:
    """One thing that differs; texts are German, for people."""

    code: str
    cause: str | None
    state: Literal["open", "kept"]
    agency: str
    folder: str
    subject: str
    has: str | None
    wanted: str | None
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsFindings:
    """All findings of one postbox as of its last look."""

    findings: list[RightsFindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsOverview:
    """The postboxes of the caller's regions, in the configured order."""

    postboxes: list[RightsStandingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsStandingOut:
    """How one postbox stands: the last look, the review, and the newest plan. `is_stale`: the lists have changed after the look, so look again."""

    postbox: str
    region: str
    audited_at: datetime | None
    is_stale: bool
    folders: int
    open: int
    kept: int
    agencies: int
    signed: int
    overdue: int
    folders_signed: int
    folders_overdue: int
    plan_id: int | None
    plan_state: str | None
    waiting_orders: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackIn:
    """Which region; empty: the set for all regions that have none of their own. With `stand` nothing is done if something else holds or is planned there by now."""

    region: str = ""
    stand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundIn:
    """A round of review with its three last days."""

    region: str
    agencies_due: date
    directions_due: date
    region_due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOut:
    """The round that was started."""

    round_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOut:
    """Whether an answer is allowed at all, and on what ground."""

    allowed: bool
    because: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetsOut:
    """What holds where, a page of versions, and rules that are off; the last has no cursor."""

    lines: list[LineOut]
    versions: list[VersionOut]
    off: list[OffOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdOut:
    """The number of a run."""

    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIn:
    """Order what the preview of that hash showed."""

    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """Runs of the caller's regions, newest first."""

    runs: list[RunOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """A deletion run. `state`: `proposed`, `ordered`, `done` or `void`."""

    id: int
    kind: str
    state: str
    hash: str
    day: date
    reference: str
    made_at: datetime
    made_by: str
    approved_by: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveIn:
    """The new wording of a draft."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedOut:
    """The draft that was kept, and what is still wrong with it."""

    version: VersionOut
    findings: list[FindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTextOut:
    """The draft, and what is wrong with it."""

    version: TextVersionOut
    findings: list[TextFindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOut:
    """`unscanned`: nobody can say, and `name` is why; never take it for clean."""

    state: ScanState
    name: str


ScanState = Literal["clean", "infected", "unscanned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondIn:
    """A second text below the German one, by its version."""

    language: Language
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOut:
    """A second text: it says in another language what that version of a German text says."""

    id: str
    version: int
    language: Language
    to_version: int
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIn:
    """A person has looked at what lies aside for that reason, up to that message."""

    reason_code: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOut:
    """How many count as looked at by this, and how many don't, since no list showed them to you."""

    mails: int
    not_shown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOut:
    """Hints for a person about who sent the mail. They decide nothing, and codes are added."""

    is_outside: bool
    hints: list[Hint]
    checked: ItemsCheckedOut


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAgainOut:
    """How many are due again."""

    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledItemOut:
    """An item of the same sender that was closed within fourteen days."""

    item_id: int
    closed_at: datetime
    first_concern: str
    close_reason: str
    same_concern: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOut:
    """One version with its text, its faults, and where it holds."""

    version: VersionOut
    text: str
    findings: list[FindingOut]
    activations: list[ActivationOut]
    off: list[OffOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class SieveIn:
    """A Sieve script, and the region of the new set (empty: all)."""

    script: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffIn:
    """The agency whose folders were looked at, `-` for those of none; why, with open findings."""

    postbox: str
    agency: str
    reason: str = ""
    audit_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOut:
    """Where the words stand, in characters of the text or the subject."""

    start: int
    end: int
    where: Literal["body", "subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDifferenceOut:
    """A file that is told differently by the house; nothing is taken over silently."""

    kind: str
    text_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOut:
    """What differs between the files and the house; empty where nothing does."""

    differences: list[StockDifferenceOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckPage:
    """One page of what can be freed; `next_cursor` is null on the last."""

    items: list[ItemOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenInOut:
    """The item that was made of the mail."""

    item_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyOut:
    """How many messages of one postbox and agency have that answer of the rules."""

    postbox: str
    agency: str
    keep: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelIn:
    """Why a task is taken back; kept as long as the mail."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskIn:
    """Which task, and what the clerk states where its rule asks for it."""

    task: TaskKind
    claim_start: date | None = None
    called: bool = False
    call_spared: bool = False
    complete: bool = False


TaskKind = Literal[
    "verbis_azb",
    "atv_termin",
    "os_algplus",
    "bearbeitungsstand",
    "familienkasse",
    "jobcenter",
    "betriebsnummern",
    "sofortzugang",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOut:
    """A task that was ordered from the item, and how far it is."""

    id: int
    kind: TaskKind
    receiver: str
    state: str
    may_cancel: bool
    ordered_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDryRunIn:
    """A text that need not be kept, and which stored mails are tried."""

    days: int | None = None
    mails: int = 1000
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFindingOut:
    """One fault; an `error` keeps the version from being approved, a `warning` is a hint."""

    code: str
    level: str
    line: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextIn:
    """The text of a rule set (docs/rulesets.md)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextList:
    """Approved texts."""

    texts: list[TextOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOut:
    """One version of an approved text. `valid_to` is its last day."""

    id: str
    version: int
    title: str
    short_code: str
    concerns: list[Concern]
    channels: list[Channel]
    regions: list[str]
    occasion: str
    valid_from: date
    valid_to: date
    source: str
    subject: str
    body: str
    gaps: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRowOut:
    """A version and what it is today; `is_replaced`: a newer one is sent in its place."""

    version: TextVersionOut
    phase: str
    is_replaced: bool
    ends_soon: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRows:
    """All versions in the caller's regions, by text, newest first."""

    versions: list[TextRowOut]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShownOut:
    """One version in full. `uses` of 30 days; null: fewer than five, which is not told."""

    row: TextRowOut
    text: str
    findings: list[TextFindingOut]
    compared_with: int | None
    changes: list[PieceOut]
    uses: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersionOut:
    """One version. `edition` is its ETag; `reason` of the last turning down or retirement."""

    text_id: str
    version: int
    state: str
    origin: str
    title: str
    regions: list[str]
    sha256: str
    valid_to: date
    authors: list[str]
    edition: int
    reason: str
    changed_at: datetime
    approved_by: str
    approved_on: date | None
    retired_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage:
    """One page in the order of the seals; `next_cursor` is null on the last. Entries that wait for their seal stand at the end; behind `sealed_cursor` they come once more, sealed."""

    entries: list[EntryOut]
    next_cursor: str | None
    sealed_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendConcernOut:
    """The agreement of one concern, as the machine saw it, in each part of the period."""

    concern: str
    shares: list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendOut:
    """How the machine's agreement went, week by week, of more than half a year by months."""

    starts: list[date]
    is_monthly: bool
    overall: list[float | None]
    concerns: list[TrendConcernOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialList:
    """One report a postbox of the caller's regions."""

    reports: list[TrialTrialOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDownIn:
    """Why a correction is wrong, 10 characters or more; it goes with the mail's content. `correction` is the `id` of the one that was looked at."""

    reason: str
    correction: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedIn:
    """A text as it is typed, header and body (docs/texts.md). Its version is set by the house."""

    text_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictOut:
    """What the house thinks of a mail, and why; the same object as `postlotse judge` prints."""

    channel: Channel
    concerns: list[ConcernOut]
    payment_relevant: PaymentRelevant
    payment_because: list[str]
    payment_spans: list[SpanOut] = field(default_factory=list)
    facts: FactsOut
    attachments: AttachmentsOut
    team: str
    agency: AgencyOut
    folder: str
    due: date | None
    due_because: str = ""
    review: bool
    review_because: list[str] = field(default_factory=list)
    defects: list[str]
    model: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionOut:
    """One version; a draft may still change, an activated one never."""

    id: str
    version: int
    region: str
    title: str
    authors: list[str]
    changed_at: datetime
    activated_at: datetime | None
    is_draft: bool
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBackOut:
    """Planned ones withdrawn, or the version that holds again (null: none) and from when."""

    withdrawn: int
    to: VersionOut | None
    from_at: datetime | None


Writer = Literal["self", "messenger", "authorised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsCheckedOut:
    """What our own mail servers found out about the sender; `untold` where they said nothing."""

    spf: Outcome
    dkim: Outcome
    dmarc: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsReasonIn:
    """A reason, kept for good. It holds no data of the customer."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsStepOut:
    """One entry of the item's story, without content."""

    at: datetime
    text: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsChangeOut:
    """One account in one folder, before and after, in German words."""

    folder: str
    who: str
    deed: Literal["+", "~", "-"]
    before: str
    after: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsImportedOut:
    """What the import brought, and the agencies that have no list."""

    lists: int
    members: int
    without: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsStepOut:
    """One folder of a plan that was begun."""

    folder: str
    kind: Literal["apply", "undo"]
    state: str
    error_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetsChangeOut:
    """So many mails would go from one folder to another; `payment` of them may move money."""

    before: str
    after: str
    rule: str
    mails: int
    payment: int
    examples: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetsCheckedOut:
    """All faults by line; `readable` false: the text could not be read."""

    readable: bool
    findings: list[FindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetsImportedOut:
    """The text that came out, what was left out, and what the check finds; nothing is kept."""

    text: str
    rules: int
    remarks: list[RemarkOut]
    findings: list[FindingOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetsTrialOut:
    """What would change for stored mails; nothing was written."""

    mails: int
    unread: int
    moved: int
    payment_moved: int
    changes: list[RulesetsChangeOut]
    agencies: list[AgencySumOut]
    hits: dict[str, int]
    held: list[tuple[str, str, int]]
    listed: list[MovedOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLifeReasonIn:
    """Why. Kept with the version, not in the trail."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTrialOut:
    """One observed postbox on one local day. seen = filed + aside + not_sorted."""

    postbox: str
    day: date
    seen: int
    filed: int
    not_sorted: int
    aside: list[tuple[str, int]]
    agencies: list[AgencyPartOut]
    agreement: dict[str, int]
    share: float | None
    disagreements: list[DisagreementOut]


@dataclass(frozen=True, slots=True)
class Postlotse:
    """The calls of a house, by address. Raises: Problem, Away."""

    line: Line

    def post_verdicts(
        self, mail: bytes, *, mailbox: str | None = None, idempotency_key: str | None = None
    ) -> VerdictOut:
        """Judge a mail, keep nothing."""
        answer = self.line.call(
            "POST",
            "/v1/verdicts",
            query={"mailbox": mailbox},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=mail,
            content_type="message/rfc822",
        )
        found: VerdictOut = read(VerdictOut, json.loads(answer.body))
        return found

    def post_mails(
        self, mail: bytes, *, mailbox: str | None = None, idempotency_key: str | None = None
    ) -> MailOut:
        """Hand in a mail."""
        answer = self.line.call(
            "POST",
            "/v1/mails",
            query={"mailbox": mailbox},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=mail,
            content_type="message/rfc822",
        )
        found: MailOut = read(MailOut, json.loads(answer.body))
        return found

    def get_mail(self, message_id: int) -> MailOut:
        """Where a mail stands."""
        answer = self.line.call("GET", f"/v1/mails/{part(message_id)}")
        found: MailOut = read(MailOut, json.loads(answer.body))
        return found

    def get_mail_original(self, message_id: int) -> bytes:
        """The original, byte for byte."""
        answer = self.line.call("GET", f"/v1/mails/{part(message_id)}/original")
        return answer.body

    def post_agency_items_next(
        self,
        code: str,
        *,
        concern: Concern | None = None,
        language: Literal["de", "other"] | None = None,
        idempotency_key: str | None = None,
    ) -> ClaimOut | None:
        """Take the next item."""
        answer = self.line.call(
            "POST",
            f"/v1/agencies/{part(code)}/items/next",
            query={"concern": concern, "language": language},
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        if not answer.body:
            return None
        found: ClaimOut = read(ClaimOut, json.loads(answer.body))
        return found

    def get_agency_items(
        self, code: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ItemPage:
        """The open items of an agency."""
        answer = self.line.call(
            "GET", f"/v1/agencies/{part(code)}/items", query={"limit": limit, "cursor": cursor}
        )
        found: ItemPage = read(ItemPage, json.loads(answer.body))
        return found

    def each_agency_items(
        self, code: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[ListedOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_agency_items(code=code, limit=limit, cursor=cursor)
            yield from page.items
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def get_item(self, item_id: int, *, if_none_match: str | None = None) -> ItemDetailOut | None:
        """One item in full."""
        answer = self.line.call(
            "GET", f"/v1/items/{part(item_id)}", headers={"if-none-match": if_none_match}
        )
        if not answer.body:
            return None
        found: ItemDetailOut = read(ItemDetailOut, json.loads(answer.body))
        return found

    def post_item_lease(self, item_id: int, *, idempotency_key: str | None = None) -> ClaimOut:
        """Take this item."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/lease",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: ClaimOut = read(ClaimOut, json.loads(answer.body))
        return found

    def put_item_lease(self, item_id: int, *, lease_token: str) -> LeaseOut:
        """Keep the item."""
        answer = self.line.call(
            "PUT", f"/v1/items/{part(item_id)}/lease", headers={"X-Lease-Token": lease_token}
        )
        found: LeaseOut = read(LeaseOut, json.loads(answer.body))
        return found

    def delete_item_lease(self, item_id: int, *, lease_token: str) -> None:
        """Put the item back."""
        self.line.call(
            "DELETE", f"/v1/items/{part(item_id)}/lease", headers={"X-Lease-Token": lease_token}
        )

    def post_item_correction(
        self,
        item_id: int,
        body: CorrectionIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Correct the verdict."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/correction",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )

    def post_item_checks(
        self,
        item_id: int,
        body: CheckIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Address or authority compared."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/checks",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )

    def post_item_park(
        self,
        item_id: int,
        body: ParkIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Lay the item aside."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/park",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )

    def post_item_return(
        self,
        item_id: int,
        body: ItemsReasonIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> HopsOut:
        """Return it to the Service Center."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/return",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )
        found: HopsOut = read(HopsOut, json.loads(answer.body))
        return found

    def post_item_forward(
        self,
        item_id: int,
        body: ForwardIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> HopsOut:
        """Give it to another agency."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/forward",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )
        found: HopsOut = read(HopsOut, json.loads(answer.body))
        return found

    def post_item_handover(
        self,
        item_id: int,
        body: HandoverIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> OrderedOut:
        """Hand it over to the eAkte."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/handover",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )
        found: OrderedOut = read(OrderedOut, json.loads(answer.body))
        return found

    def post_item_waiver(
        self,
        item_id: int,
        body: ItemsReasonIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Not payment-relevant, with reason."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/waiver",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )

    def post_item_undo(self, item_id: int, *, idempotency_key: str | None = None) -> ClaimOut:
        """Take the last step back."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/undo",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: ClaimOut = read(ClaimOut, json.loads(answer.body))
        return found

    def post_item_close(
        self,
        item_id: int,
        body: CloseIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Close the item."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/close",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )

    def get_item_attachment(self, item_id: int, number: int) -> bytes:
        """One attachment, to be saved."""
        answer = self.line.call("GET", f"/v1/items/{part(item_id)}/attachments/{part(number)}")
        return answer.body

    def get_item_attachment_page(
        self,
        item_id: int,
        number: int,
        page: int,
        *,
        side: int | None = None,
        turn: int | None = None,
    ) -> bytes:
        """One page of an attachment as a picture."""
        answer = self.line.call(
            "GET",
            f"/v1/items/{part(item_id)}/attachments/{part(number)}/pages/{part(page)}",
            query={"side": side, "turn": turn},
        )
        return answer.body

    def get_item_texts(self, item_id: int) -> ProposalsOut:
        """Fitting texts."""
        answer = self.line.call("GET", f"/v1/items/{part(item_id)}/texts")
        found: ProposalsOut = read(ProposalsOut, json.loads(answer.body))
        return found

    def post_item_replies(
        self,
        item_id: int,
        body: ReplyIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> OrderedOut:
        """Answer with an approved text."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/replies",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )
        found: OrderedOut = read(OrderedOut, json.loads(answer.body))
        return found

    def get_texts(self, *, region: str | None = None, q: str | None = None) -> TextList:
        """The texts that may be sent today."""
        answer = self.line.call("GET", "/v1/texts", query={"region": region, "q": q})
        found: TextList = read(TextList, json.loads(answer.body))
        return found

    def get_text(self, text_id: str) -> TextOut:
        """A text, newest valid version."""
        answer = self.line.call("GET", f"/v1/texts/{part(text_id)}")
        found: TextOut = read(TextOut, json.loads(answer.body))
        return found

    def get_text_version(self, text_id: str, version: int) -> TextOut:
        """One version of a text."""
        answer = self.line.call("GET", f"/v1/texts/{part(text_id)}/versions/{part(version)}")
        found: TextOut = read(TextOut, json.loads(answer.body))
        return found

    def post_text_preview(
        self, text_id: str, body: PreviewIn, *, idempotency_key: str | None = None
    ) -> RenderedOut:
        """How it would read."""
        answer = self.line.call(
            "POST",
            f"/v1/texts/{part(text_id)}/preview",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RenderedOut = read(RenderedOut, json.loads(answer.body))
        return found

    def post_item_tasks(
        self,
        item_id: int,
        body: TaskIn,
        *,
        lease_token: str,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> OrderedOut:
        """Order a task for another system or unit."""
        answer = self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/tasks",
            headers={
                "X-Lease-Token": lease_token,
                "if-match": if_match,
                "Idempotency-Key": idempotency_key or new_key(),
            },
            body=body_of(body),
        )
        found: OrderedOut = read(OrderedOut, json.loads(answer.body))
        return found

    def post_item_task_cancel(
        self,
        item_id: int,
        outgoing_id: int,
        body: TaskCancelIn,
        *,
        lease_token: str,
        idempotency_key: str | None = None,
    ) -> None:
        """Take back a task that is not delivered yet."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/tasks/{part(outgoing_id)}/cancel",
            headers={"X-Lease-Token": lease_token, "Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_aside(
        self,
        *,
        reason_code: str | None = None,
        postbox: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsidePage:
        """Mail that was set aside."""
        answer = self.line.call(
            "GET",
            "/v1/admin/aside",
            query={
                "reason_code": reason_code,
                "postbox": postbox,
                "limit": limit,
                "cursor": cursor,
            },
        )
        found: AsidePage = read(AsidePage, json.loads(answer.body))
        return found

    def each_admin_aside(
        self,
        *,
        reason_code: str | None = None,
        postbox: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Iterator[AsideOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_aside(
                reason_code=reason_code, postbox=postbox, limit=limit, cursor=cursor
            )
            yield from page.mails
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_aside_replay(
        self, body: AsideIn, *, idempotency_key: str | None = None
    ) -> ReplayedOut:
        """Send all of them through once more."""
        answer = self.line.call(
            "POST",
            "/v1/admin/aside/replay",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: ReplayedOut = read(ReplayedOut, json.loads(answer.body))
        return found

    def post_admin_aside_one_replay(
        self, message_id: int, *, idempotency_key: str | None = None
    ) -> None:
        """Send it through once more."""
        self.line.call(
            "POST",
            f"/v1/admin/aside/{part(message_id)}/replay",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )

    def post_admin_aside_one_intake(
        self, message_id: int, *, idempotency_key: str | None = None
    ) -> TakenInOut:
        """It is real mail: take it in."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/aside/{part(message_id)}/intake",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: TakenInOut = read(TakenInOut, json.loads(answer.body))
        return found

    def get_admin_outgoing(
        self,
        *,
        state: list[Literal["new", "claimed", "sent", "receipted", "rejected", "dead"]]
        | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> OutgoingPage:
        """What is on its way out."""
        answer = self.line.call(
            "GET", "/v1/admin/outgoing", query={"state": state, "limit": limit, "cursor": cursor}
        )
        found: OutgoingPage = read(OutgoingPage, json.loads(answer.body))
        return found

    def each_admin_outgoing(
        self,
        *,
        state: list[Literal["new", "claimed", "sent", "receipted", "rejected", "dead"]]
        | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Iterator[OutgoingOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_outgoing(state=state, limit=limit, cursor=cursor)
            yield from page.outgoing
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_outgoing_replay(
        self, body: OutgoingIn, *, idempotency_key: str | None = None
    ) -> SentAgainOut:
        """Try to deliver all dead letters again."""
        answer = self.line.call(
            "POST",
            "/v1/admin/outgoing/replay",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: SentAgainOut = read(SentAgainOut, json.loads(answer.body))
        return found

    def post_admin_outgoing_one_replay(
        self, outgoing_id: int, *, idempotency_key: str | None = None
    ) -> Any:
        """Try to deliver it again."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/outgoing/{part(outgoing_id)}/replay",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: Any = read(Any, json.loads(answer.body))
        return found

    def post_admin_outgoing_one_again(
        self, outgoing_id: int, body: AgainIn, *, idempotency_key: str | None = None
    ) -> Any:
        """Send once more what was sent."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/outgoing/{part(outgoing_id)}/again",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: Any = read(Any, json.loads(answer.body))
        return found

    def get_admin_completeness(
        self, *, day: date | None = None, postbox: str | None = None
    ) -> CompletenessOut:
        """Does the day's sum close?."""
        answer = self.line.call(
            "GET", "/v1/admin/completeness", query={"day": day, "postbox": postbox}
        )
        found: CompletenessOut = read(CompletenessOut, json.loads(answer.body))
        return found

    def get_admin_perhaps_twice(self) -> list[PairOut]:
        """Which mails may be here twice?."""
        answer = self.line.call("GET", "/v1/admin/perhaps-twice")
        found: list[PairOut] = read(list[PairOut], json.loads(answer.body))
        return found

    def get_admin_trail(
        self, *, subject: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> TrailPage:
        """Who did what to what."""
        answer = self.line.call(
            "GET", "/v1/admin/trail", query={"subject": subject, "limit": limit, "cursor": cursor}
        )
        found: TrailPage = read(TrailPage, json.loads(answer.body))
        return found

    def each_admin_trail(
        self, *, subject: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[EntryOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_trail(subject=subject, limit=limit, cursor=cursor)
            yield from page.entries
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def get_admin_postboxes(self) -> PostboxList:
        """The postboxes, as last found."""
        answer = self.line.call("GET", "/v1/admin/postboxes")
        found: PostboxList = read(PostboxList, json.loads(answer.body))
        return found

    def get_admin_trial(self, *, day: date | None = None) -> TrialList:
        """What would have been done."""
        answer = self.line.call("GET", "/v1/admin/trial", query={"day": day})
        found: TrialList = read(TrialList, json.loads(answer.body))
        return found

    def get_admin_corrections(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> CorrectionList:
        """Corrections that nobody confirmed yet."""
        answer = self.line.call(
            "GET", "/v1/admin/corrections", query={"limit": limit, "cursor": cursor}
        )
        found: CorrectionList = read(CorrectionList, json.loads(answer.body))
        return found

    def each_admin_corrections(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[CorrectionOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_corrections(limit=limit, cursor=cursor)
            yield from page.corrections
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_correction_confirm(
        self, message_id: int, *, correction: int | None = None, idempotency_key: str | None = None
    ) -> None:
        """The correction is right."""
        self.line.call(
            "POST",
            f"/v1/admin/corrections/{part(message_id)}/confirm",
            query={"correction": correction},
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )

    def post_admin_correction_turn_down(
        self, message_id: int, body: TurnDownIn, *, idempotency_key: str | None = None
    ) -> None:
        """The correction is wrong."""
        self.line.call(
            "POST",
            f"/v1/admin/corrections/{part(message_id)}/turn-down",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_figures(self, *, agency: str | None = None) -> FiguresOut:
        """What waits, by agency and concern."""
        answer = self.line.call("GET", "/v1/admin/figures", query={"agency": agency})
        found: FiguresOut = read(FiguresOut, json.loads(answer.body))
        return found

    def get_admin_figures_period(
        self, *, since: date, until: date, by: By | None = None, agency: str | None = None
    ) -> PeriodOut:
        """What came and was done in a period."""
        answer = self.line.call(
            "GET",
            "/v1/admin/figures/period",
            query={"since": since, "until": until, "by": by, "agency": agency},
        )
        found: PeriodOut = read(PeriodOut, json.loads(answer.body))
        return found

    def get_admin_marks(
        self, *, since: date | None = None, until: date | None = None
    ) -> MarkFigureList:
        """Marks set in Outlook, by agency."""
        answer = self.line.call("GET", "/v1/admin/marks", query={"since": since, "until": until})
        found: MarkFigureList = read(MarkFigureList, json.loads(answer.body))
        return found

    def get_admin_match(self, *, day: date | None = None) -> MatchOut:
        """Sent and received of a day."""
        answer = self.line.call("GET", "/v1/admin/match", query={"day": day})
        found: MatchOut = read(MatchOut, json.loads(answer.body))
        return found

    def get_admin_outgoing_late(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> LateList:
        """No receipt for too long."""
        answer = self.line.call(
            "GET", "/v1/admin/outgoing/late", query={"limit": limit, "cursor": cursor}
        )
        found: LateList = read(LateList, json.loads(answer.body))
        return found

    def each_admin_outgoing_late(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[LateOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_outgoing_late(limit=limit, cursor=cursor)
            yield from page.late
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def get_admin_filing(
        self, *, error_code: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> MovePage:
        """Mail that could not be filed."""
        answer = self.line.call(
            "GET",
            "/v1/admin/filing",
            query={"error_code": error_code, "limit": limit, "cursor": cursor},
        )
        found: MovePage = read(MovePage, json.loads(answer.body))
        return found

    def each_admin_filing(
        self, *, error_code: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[MoveOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_filing(error_code=error_code, limit=limit, cursor=cursor)
            yield from page.moves
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_filing_again(
        self, body: MoveIn, *, idempotency_key: str | None = None
    ) -> DueAgainOut:
        """Try to file them again."""
        answer = self.line.call(
            "POST",
            "/v1/admin/filing/again",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: DueAgainOut = read(DueAgainOut, json.loads(answer.body))
        return found

    def get_admin_rights(self) -> RightsOverview:
        """How folder permissions stand."""
        answer = self.line.call("GET", "/v1/admin/rights")
        found: RightsOverview = read(RightsOverview, json.loads(answer.body))
        return found

    def get_admin_rights_findings(self, *, postbox: str) -> RightsFindings:
        """What differs in a postbox."""
        answer = self.line.call("GET", "/v1/admin/rights/findings", query={"postbox": postbox})
        found: RightsFindings = read(RightsFindings, json.loads(answer.body))
        return found

    def post_admin_rights_audits(
        self, body: PostboxIn, *, idempotency_key: str | None = None
    ) -> OrderOut:
        """Look at all folders."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rights/audits",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: OrderOut = read(OrderOut, json.loads(answer.body))
        return found

    def post_admin_rights_plans(
        self, body: PostboxIn, *, idempotency_key: str | None = None
    ) -> PlanIdOut:
        """Propose a plan."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rights/plans",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: PlanIdOut = read(PlanIdOut, json.loads(answer.body))
        return found

    def get_admin_rights_plan(self, plan_id: int) -> PlanOut:
        """A plan."""
        answer = self.line.call("GET", f"/v1/admin/rights/plans/{part(plan_id)}")
        found: PlanOut = read(PlanOut, json.loads(answer.body))
        return found

    def post_admin_rights_plan_approve(
        self, plan_id: int, body: ReadPlanIn | None = None, *, idempotency_key: str | None = None
    ) -> None:
        """Approve a plan that somebody else made."""
        self.line.call(
            "POST",
            f"/v1/admin/rights/plans/{part(plan_id)}/approve",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def post_admin_rights_plan_reject(
        self, plan_id: int, body: RejectPlanIn | None = None, *, idempotency_key: str | None = None
    ) -> None:
        """Put a plan aside."""
        self.line.call(
            "POST",
            f"/v1/admin/rights/plans/{part(plan_id)}/reject",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def post_admin_rights_plan_apply(
        self, plan_id: int, body: ReadPlanIn | None = None, *, idempotency_key: str | None = None
    ) -> OrderOut:
        """Carry out an approved plan."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/rights/plans/{part(plan_id)}/apply",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: OrderOut = read(OrderOut, json.loads(answer.body))
        return found

    def post_admin_rights_plan_undo(
        self, plan_id: int, body: ReadPlanIn | None = None, *, idempotency_key: str | None = None
    ) -> OrderOut:
        """Put back what a plan changed."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/rights/plans/{part(plan_id)}/undo",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: OrderOut = read(OrderOut, json.loads(answer.body))
        return found

    def post_admin_rights_keeps(self, body: KeepIn, *, idempotency_key: str | None = None) -> None:
        """Let a finding stay."""
        self.line.call(
            "POST",
            "/v1/admin/rights/keeps",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def post_admin_rights_signoffs(
        self, body: SignOffIn, *, idempotency_key: str | None = None
    ) -> None:
        """Sign off an agency."""
        self.line.call(
            "POST",
            "/v1/admin/rights/signoffs",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_rights_lists(self, *, region: str) -> ListsOut:
        """The reported lists of a region."""
        answer = self.line.call("GET", "/v1/admin/rights/lists", query={"region": region})
        found: ListsOut = read(ListsOut, json.loads(answer.body))
        return found

    def post_admin_rights_lists(
        self, body: ListsIn, *, idempotency_key: str | None = None
    ) -> RightsImportedOut:
        """Import the lists of a region."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rights/lists",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RightsImportedOut = read(RightsImportedOut, json.loads(answer.body))
        return found

    def post_admin_rights_rounds(
        self, body: RoundIn, *, idempotency_key: str | None = None
    ) -> RoundOut:
        """Start a round of review."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rights/rounds",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RoundOut = read(RoundOut, json.loads(answer.body))
        return found

    def get_admin_rights_chain(self, *, region: str) -> ChainOut:
        """Who has reported, and who is late."""
        answer = self.line.call("GET", "/v1/admin/rights/chain", query={"region": region})
        found: ChainOut = read(ChainOut, json.loads(answer.body))
        return found

    def post_admin_rights_chain(self, body: MarkIn, *, idempotency_key: str | None = None) -> None:
        """Note a step as done."""
        self.line.call(
            "POST",
            "/v1/admin/rights/chain",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_rights_folders(
        self, *, postbox: str, state: ReviewState | None = None
    ) -> FolderReviews:
        """How far each folder is reviewed."""
        answer = self.line.call(
            "GET", "/v1/admin/rights/folders", query={"postbox": postbox, "state": state}
        )
        found: FolderReviews = read(FolderReviews, json.loads(answer.body))
        return found

    def post_admin_rights_folder_signoffs(
        self, body: FolderSignOffIn, *, idempotency_key: str | None = None
    ) -> None:
        """Sign off folders."""
        self.line.call(
            "POST",
            "/v1/admin/rights/folder-signoffs",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_rule_readings(self) -> ReadingsOut:
        """Rules that were read in postboxes."""
        answer = self.line.call("GET", "/v1/admin/rule-readings")
        found: ReadingsOut = read(ReadingsOut, json.loads(answer.body))
        return found

    def post_admin_rule_readings(
        self, body: ReadingIn, *, idempotency_key: str | None = None
    ) -> OrderOut:
        """Read the rules of a postbox."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rule-readings",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: OrderOut = read(OrderOut, json.loads(answer.body))
        return found

    def get_admin_rulesets(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> RulesetsOut:
        """What holds where, and all versions."""
        answer = self.line.call(
            "GET", "/v1/admin/rulesets", query={"limit": limit, "cursor": cursor}
        )
        found: RulesetsOut = read(RulesetsOut, json.loads(answer.body))
        return found

    def each_admin_rulesets(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[LineOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_rulesets(limit=limit, cursor=cursor)
            yield from page.lines
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_rulesets(self, body: TextIn, *, idempotency_key: str | None = None) -> SavedOut:
        """Keep a draft."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rulesets",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: SavedOut = read(SavedOut, json.loads(answer.body))
        return found

    def post_admin_rulesets_check(
        self, body: TextIn, *, idempotency_key: str | None = None
    ) -> RulesetsCheckedOut:
        """What is wrong with a text."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rulesets/check",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RulesetsCheckedOut = read(RulesetsCheckedOut, json.loads(answer.body))
        return found

    def post_admin_rulesets_import(
        self, body: SieveIn, *, idempotency_key: str | None = None
    ) -> RulesetsImportedOut:
        """Take over a Sieve script."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rulesets/import",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RulesetsImportedOut = read(RulesetsImportedOut, json.loads(answer.body))
        return found

    def post_admin_rulesets_dry_run(
        self, body: TextDryRunIn, *, idempotency_key: str | None = None
    ) -> RulesetsTrialOut:
        """Try a text on stored mails."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rulesets/dry-run",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RulesetsTrialOut = read(RulesetsTrialOut, json.loads(answer.body))
        return found

    def post_admin_rulesets_rollback(
        self, body: RollbackIn, *, idempotency_key: str | None = None
    ) -> WentBackOut:
        """Take back."""
        answer = self.line.call(
            "POST",
            "/v1/admin/rulesets/rollback",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: WentBackOut = read(WentBackOut, json.loads(answer.body))
        return found

    def get_admin_ruleset(self, set_id: str, *, version: int | None = None) -> ShownOut:
        """One version."""
        answer = self.line.call(
            "GET", f"/v1/admin/rulesets/{part(set_id)}", query={"version": version}
        )
        found: ShownOut = read(ShownOut, json.loads(answer.body))
        return found

    def post_admin_ruleset_version_dry_run(
        self, set_id: str, version: int, body: DryRunIn, *, idempotency_key: str | None = None
    ) -> RulesetsTrialOut:
        """Try a version on stored mails."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/rulesets/{part(set_id)}/versions/{part(version)}/dry-run",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RulesetsTrialOut = read(RulesetsTrialOut, json.loads(answer.body))
        return found

    def post_admin_ruleset_version_activate(
        self, set_id: str, version: int, body: ActivateIn, *, idempotency_key: str | None = None
    ) -> FromOut:
        """Put into force."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/rulesets/{part(set_id)}/versions/{part(version)}/activate",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: FromOut = read(FromOut, json.loads(answer.body))
        return found

    def get_admin_texts(
        self,
        *,
        phase: Phase | None = None,
        text_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> TextRows:
        """All versions with their state."""
        answer = self.line.call(
            "GET",
            "/v1/admin/texts",
            query={"phase": phase, "text_id": text_id, "limit": limit, "cursor": cursor},
        )
        found: TextRows = read(TextRows, json.loads(answer.body))
        return found

    def each_admin_texts(
        self,
        *,
        phase: Phase | None = None,
        text_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Iterator[TextRowOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_texts(phase=phase, text_id=text_id, limit=limit, cursor=cursor)
            yield from page.versions
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_admin_texts(
        self, body: TypedIn, *, idempotency_key: str | None = None
    ) -> SavedTextOut:
        """Begin a draft."""
        answer = self.line.call(
            "POST",
            "/v1/admin/texts",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: SavedTextOut = read(SavedTextOut, json.loads(answer.body))
        return found

    def post_admin_texts_check(
        self, body: TypedIn, *, idempotency_key: str | None = None
    ) -> CheckedTextOut:
        """What is wrong with a text."""
        answer = self.line.call(
            "POST",
            "/v1/admin/texts/check",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: CheckedTextOut = read(CheckedTextOut, json.loads(answer.body))
        return found

    def get_admin_texts_stock(self) -> StockOut:
        """What the files say differently."""
        answer = self.line.call("GET", "/v1/admin/texts/stock")
        found: StockOut = read(StockOut, json.loads(answer.body))
        return found

    def get_admin_text_diff(self, text_id: str, *, older: int, newer: int) -> DiffOut:
        """What differs, word by word."""
        answer = self.line.call(
            "GET", f"/v1/admin/texts/{part(text_id)}/diff", query={"older": older, "newer": newer}
        )
        found: DiffOut = read(DiffOut, json.loads(answer.body))
        return found

    def get_admin_text_version(self, text_id: str, version: int) -> TextShownOut:
        """One version."""
        answer = self.line.call("GET", f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}")
        found: TextShownOut = read(TextShownOut, json.loads(answer.body))
        return found

    def put_admin_text_version(
        self, text_id: str, version: int, body: SaveIn, *, if_match: str | None = None
    ) -> SavedTextOut:
        """Save a draft."""
        answer = self.line.call(
            "PUT",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}",
            headers={"if-match": if_match},
            body=body_of(body),
        )
        found: SavedTextOut = read(SavedTextOut, json.loads(answer.body))
        return found

    def post_admin_text_version_submit(
        self, text_id: str, version: int, *, idempotency_key: str | None = None
    ) -> TextVersionOut:
        """To the review."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}/submit",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: TextVersionOut = read(TextVersionOut, json.loads(answer.body))
        return found

    def post_admin_text_version_withdraw(
        self, text_id: str, version: int, *, idempotency_key: str | None = None
    ) -> TextVersionOut:
        """Write on."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}/withdraw",
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        found: TextVersionOut = read(TextVersionOut, json.loads(answer.body))
        return found

    def post_admin_text_version_turn_down(
        self,
        text_id: str,
        version: int,
        body: TextLifeReasonIn,
        *,
        idempotency_key: str | None = None,
    ) -> TextVersionOut:
        """Turn down."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}/turn-down",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: TextVersionOut = read(TextVersionOut, json.loads(answer.body))
        return found

    def post_admin_text_version_approve(
        self, text_id: str, version: int, body: ApproveIn, *, idempotency_key: str | None = None
    ) -> TextVersionOut:
        """Approve."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}/approve",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: TextVersionOut = read(TextVersionOut, json.loads(answer.body))
        return found

    def post_admin_text_version_retire(
        self,
        text_id: str,
        version: int,
        body: TextLifeReasonIn,
        *,
        idempotency_key: str | None = None,
    ) -> TextVersionOut:
        """Retire."""
        answer = self.line.call(
            "POST",
            f"/v1/admin/texts/{part(text_id)}/versions/{part(version)}/retire",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: TextVersionOut = read(TextVersionOut, json.loads(answer.body))
        return found

    def get_health_live(self) -> LiveOut:
        """Does the process answer?."""
        answer = self.line.call("GET", "/health/live")
        found: LiveOut = read(LiveOut, json.loads(answer.body))
        return found

    def get_health_ready(self) -> ReadyOut:
        """Is the house fit to work?."""
        answer = self.line.call("GET", "/health/ready")
        found: ReadyOut = read(ReadyOut, json.loads(answer.body))
        return found

    def get_admin_retention(self) -> PreviewOut:
        """What may be deleted today, and what not."""
        answer = self.line.call("GET", "/v1/admin/retention")
        found: PreviewOut = read(PreviewOut, json.loads(answer.body))
        return found

    def get_admin_retention_runs(self) -> RunList:
        """Deletion runs."""
        answer = self.line.call("GET", "/v1/admin/retention/runs")
        found: RunList = read(RunList, json.loads(answer.body))
        return found

    def post_admin_retention_runs(
        self, body: RunIn, *, idempotency_key: str | None = None
    ) -> RunIdOut:
        """Order a deletion run."""
        answer = self.line.call(
            "POST",
            "/v1/admin/retention/runs",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: RunIdOut = read(RunIdOut, json.loads(answer.body))
        return found

    def get_admin_retention_run_proof(self, run_id: int) -> ProofOut:
        """The proof of a run."""
        answer = self.line.call("GET", f"/v1/admin/retention/runs/{part(run_id)}/proof")
        found: ProofOut = read(ProofOut, json.loads(answer.body))
        return found

    def post_admin_retention_run_approve(
        self, run_id: int, body: ReadRunIn | None = None, *, idempotency_key: str | None = None
    ) -> None:
        """Approve a proposed deletion."""
        self.line.call(
            "POST",
            f"/v1/admin/retention/runs/{part(run_id)}/approve",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def post_admin_retention_run_reject(
        self, run_id: int, body: ReadRunIn | None = None, *, idempotency_key: str | None = None
    ) -> None:
        """Reject a proposed deletion."""
        self.line.call(
            "POST",
            f"/v1/admin/retention/runs/{part(run_id)}/reject",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def get_admin_retention_holds(self, *, released: bool | None = None) -> HoldList:
        """Holds in force."""
        answer = self.line.call("GET", "/v1/admin/retention/holds", query={"released": released})
        found: HoldList = read(HoldList, json.loads(answer.body))
        return found

    def post_admin_retention_holds(
        self, body: HoldIn, *, idempotency_key: str | None = None
    ) -> HoldIdOut:
        """Keep something back from deletion."""
        answer = self.line.call(
            "POST",
            "/v1/admin/retention/holds",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: HoldIdOut = read(HoldIdOut, json.loads(answer.body))
        return found

    def post_admin_retention_hold_release(
        self, hold_id: int, body: ReadHoldIn | None = None, *, idempotency_key: str | None = None
    ) -> None:
        """End a hold."""
        self.line.call(
            "POST",
            f"/v1/admin/retention/holds/{part(hold_id)}/release",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )

    def post_admin_retention_seen(
        self, body: SeenIn, *, idempotency_key: str | None = None
    ) -> SeenOut:
        """Mail aside was looked at."""
        answer = self.line.call(
            "POST",
            "/v1/admin/retention/seen",
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=body_of(body),
        )
        found: SeenOut = read(SeenOut, json.loads(answer.body))
        return found

    def get_admin_items(
        self, *, agency: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> StuckPage:
        """Items that are held, parked or pending."""
        answer = self.line.call(
            "GET", "/v1/admin/items", query={"agency": agency, "limit": limit, "cursor": cursor}
        )
        found: StuckPage = read(StuckPage, json.loads(answer.body))
        return found

    def each_admin_items(
        self, *, agency: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[ItemOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_admin_items(agency=agency, limit=limit, cursor=cursor)
            yield from page.items
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor

    def post_item_free(
        self, item_id: int, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> None:
        """Free the item."""
        self.line.call(
            "POST",
            f"/v1/items/{part(item_id)}/free",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key or new_key()},
        )

    def get_events(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        last_event_id: str | None = None,
    ) -> EventPage:
        """What happened, in order."""
        answer = self.line.call(
            "GET",
            "/v1/events",
            query={"limit": limit, "cursor": cursor},
            headers={"last-event-id": last_event_id},
        )
        found: EventPage = read(EventPage, json.loads(answer.body))
        return found

    def each_events(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        last_event_id: str | None = None,
    ) -> Iterator[EventOut]:
        """All rows, page by page; `cursor` is where to begin."""
        while True:
            page = self.get_events(limit=limit, cursor=cursor, last_event_id=last_event_id)
            yield from page.events
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor
