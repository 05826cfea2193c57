"""What the house thinks of a message, and why. The JSON shape is a public promise.

Keys may be added, not renamed. Source: own decision 0001; docs/automation.md.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rules.codes import AgencyHow, Channel, Concern, PaymentRelevant, Team


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of `ParsedMail.body.new` (or of the subject) that spoke for a concern.

    Offsets count Python characters; `where` is "body" or "subject".
    """

    start: int
    end: int
    where: str = "body"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A recogniser that fired for a concern: its stable name, and the sentence or number it heard.

    The names stand in docs/judge.md. No spans where it heard a header, a file's name or a shape.
    """

    name: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ConcernFound:
    """One concern with its probability (0..1), the words that spoke, and whether it is announced.

    `announced` is True if a change already holds or is fixed (label guide, "ann."); only then
    may it move money. `because` are the words that spoke, strongest first; `recognisers` those
    that settled something, then those that spoke, strongest first.
    """

    code: Concern
    probability: float
    announced: bool
    because: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    recognisers: tuple[Recogniser, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """Where the customer lives about whom somebody else writes; both None: the mail doesn't say."""

    plz: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What could be read out of the text; None or empty where nothing is readable.

    `iban` is normalised (no blanks) and None if the check digits are wrong (then the defect
    `iban.check_digit` is set); so is a Kundennummer that is called one and has not its shape
    (`kundennummer.shape`). Where several stand in the mail it is one of them, and the defect
    `kundennummer.several` is set; where it may be somebody else's, `kundennummer.unclear`;
    `kundennummern` are those that a person may name then, and else empty. `dates` has the keys
    au_from, au_to, job_start, job_end, unemployed_from, move_date, absence_from, absence_to,
    birth_date (the sender's own), child_born, appointment; valid_from is a name that nothing fills.
    `plz` and `place` are those of who writes; `home` is set where that is not the customer, and
    tells the agency instead. It is no part of the JSON: the agency's reason tells it.
    """

    kundennummer: str | None = None
    iban: str | None = None
    plz: str | None = None
    place: str | None = None
    phone: str | None = None
    dates: dict[str, date] = field(default_factory=dict)
    attachment_announced: bool = False
    attachment_present: bool = False
    defects: tuple[str, ...] = ()
    home: Home | None = None
    kundennummern: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge (classify) says of a mail, before routing: no agency, no team, no day.

    `concerns` in descending weight. `payment_because` names the concern and the reason
    ("au: announced"). `review` is True where a person must look before anything happens by
    itself; `review_because` holds stable reason codes. `payment_spans` are the sentences that
    say what the reasons name; none where no sentence does.
    """

    channel: Channel
    concerns: tuple[ConcernFound, ...]
    payment_relevant: PaymentRelevant
    payment_because: tuple[str, ...]
    facts: Facts
    review: bool
    review_because: tuple[str, ...]
    model: str
    payment_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class AgencyFound:
    """The agency in charge, and which hint told it. `code` None: clearing folder, never a guess."""

    code: str | None
    name: str | None
    how: AgencyHow
    because: str = ""


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """What the rule set in force said: which rule hit, and what failed in those asked before it.

    `hit` None: none matched. `because` are the conditions that held, in the admin's own words.
    `held` is the code of the law that kept the hit from changing anything, or empty. `misses`
    are pairs of rule and first condition that failed. Source: F15; own decision 0037.
    """

    id: str
    version: int
    hit: str | None
    because: tuple[str, ...] = ()
    held: str = ""
    misses: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """Id and version, as `Verdict.rules` names them: "regeln-west.3". Own decision 0037."""
        return f"{self.id}.{self.version}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement with everything the rules add. Made by `triage.deciding.decide`.

    `due` is a local date of the agency's Land; `rules` is the id of the built-in rules, with the
    rule set behind a plus sign where one is in force. `ruleset` says what that set did.
    """

    judgement: Judgement
    team: Team
    agency: AgencyFound
    folder: str
    due: date | None
    due_because: str
    rules: str
    defects: tuple[str, ...] = ()
    ruleset: RuleTrace | None = None


def as_json(verdict: Verdict, *, file: str | None = None) -> dict[str, Any]:
    """The public JSON object of a verdict, keys in the promised order.

    `file` is the name given to `postlotse judge`, left out elsewhere.
    Source: own decision 0001.
    """
    judgement, facts = verdict.judgement, verdict.judgement.facts
    body: dict[str, Any] = {} if file is None else {"file": file}
    body |= {
        "channel": judgement.channel.value,
        "concerns": [_concern_json(found) for found in judgement.concerns],
        "payment_relevant": judgement.payment_relevant.value,
        "payment_because": list(judgement.payment_because),
        "payment_spans": [_span_json(span) for span in judgement.payment_spans],
        "facts": {
            "kundennummer": facts.kundennummer,
            "kundennummern": list(facts.kundennummern),
            "iban": facts.iban,
            "plz": facts.plz,
            "place": facts.place,
            "phone": facts.phone,
            "dates": {key: day.isoformat() for key, day in sorted(facts.dates.items())},
        },
        "attachments": {
            "announced": facts.attachment_announced,
            "present": facts.attachment_present,
        },
        "team": verdict.team.value,
        "agency": {
            "code": verdict.agency.code,
            "name": verdict.agency.name,
            "how": verdict.agency.how.value,
            "because": verdict.agency.because,
        },
        "folder": verdict.folder,
        "due": verdict.due.isoformat() if verdict.due else None,
        "due_because": verdict.due_because,
        "review": judgement.review,
        "review_because": list(judgement.review_because),
        "defects": list(verdict.defects),
        "model": judgement.model,
        "rules": verdict.rules,
        "ruleset": _trace_json(verdict.ruleset),
    }
    return body


def _trace_json(trace: RuleTrace | None) -> dict[str, Any] | None:
    if trace is None:
        return None
    return {
        "id": trace.id,
        "version": trace.version,
        "hit": trace.hit,
        "because": list(trace.because),
        "held": trace.held,
        "misses": dict(trace.misses),
    }


def _concern_json(found: ConcernFound) -> dict[str, Any]:
    return {
        "code": found.code.value,
        "probability": round(found.probability, 4),
        "announced": found.announced,
        "because": list(found.because),
        "spans": [_span_json(span) for span in found.spans],
        "recognisers": [_recogniser_json(one) for one in found.recognisers],
    }


def _recogniser_json(fired: Recogniser) -> dict[str, Any]:
    return {"name": fired.name, "spans": [_span_json(span) for span in fired.spans]}


def _span_json(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "where": span.where}
