"""Labelled mail for training and measuring: read, checked line by line, turned into real messages.

Two shapes of JSON Lines are taken: the house's own (corpus/README.md) and plain labelled text
`{"text": …, "labels": […]}`, so that the engine can be measured on public data sets; these also
as CSV (classify/corpus/csv.py).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

from classify.corpus import csv
from classify.corpus.check import faults_of_line
from classify.corpus.eml import compose
from rules.codes import Channel, Concern, PaymentRelevant
from rules.errors import Refused
from rules.mail import ParsedMail

Parse = Callable[[bytes], ParsedMail]
"""`ingest.parse.parse`, passed in: classify doesn't know ingest (dependency rule)."""
_TOLD: Final = 20
"""Faults in the message: of a file of another shape each line has several."""


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """One line of a corpus: a message and what a person says it is about.

    `writer` is the stem of the file: mails of one writer resemble each other, so whole writers
    are held out when measuring. `concerns` are most weighty first; they are house codes, except
    in a corpus of plain texts only, which may bring its own label set. `channel` and
    `payment_relevant` are None for plain texts. `received` is a local day (Europe/Berlin).
    `weight` below 1 marks a weak label: it is learned from less, and no bound comes from it.
    """

    id: str
    writer: str
    received: date
    sender: str
    recipient: str
    subject: str
    body: str
    html: str
    attachments: tuple[str, ...]
    channel: Channel | None
    concerns: tuple[str, ...]
    payment_relevant: PaymentRelevant | None
    kundennummer: str | None = None
    iban: str | None = None
    dates: dict[str, date] = field(default_factory=dict)
    place: str | None = None
    weight: float = 1.0

    @property
    def received_at(self) -> datetime:
        """Noon UTC of the day: the same local day in every season."""
        return datetime.combine(self.received, time(12), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled line together with what the parser read out of its message."""

    line: LabelledMail
    mail: ParsedMail


def read(paths: Sequence[Path]) -> tuple[LabelledMail, ...]:
    """All lines of the files, and of the `*.jsonl` files in the folders, in a stable order.

    Raises:
        Refused: `corpus.invalid` with every fault of every line in `details["errors"]` (file,
            line, remedy), `corpus.missing` if a path holds no corpus, `corpus.twice` if a file is
            named twice, or `corpus.empty` if there is no line in any. Nothing is half read.
    """
    faults: list[str] = []
    records: list[tuple[str, str, dict[str, Any]]] = []
    seen: dict[str, str] = {}
    for path in _files(paths):
        for place, record, problems in _records(path):
            faults += [f"{place}: {problem}" for problem in problems]
            if not problems:
                faults += _duplicate(seen, place, record)
                records.append((place, path.stem, record))
    faults += _foreign_labels(records)
    if not records and not faults:
        names = ", ".join(str(path) for path in paths)
        raise Refused("corpus.empty", f"There is no line in {names}; give labelled mail.")
    if faults:
        raise Refused(
            "corpus.invalid",
            f"{len(faults)} faults in the corpus; nothing was trained:\n{_first(faults)}",
            errors=tuple(faults),
        )
    return tuple(
        _labelled(writer, number, record) for number, (_, writer, record) in enumerate(records, 1)
    )


def _first(faults: Sequence[str]) -> str:
    more = len(faults) - _TOLD
    rest = (f"and {more} more; mend these first",) if more > 0 else ()
    return "\n".join((*faults[:_TOLD], *rest))


def examples(lines: Sequence[LabelledMail], parse: Parse) -> tuple[Example, ...]:
    """Send every line through the same parser as real mail. In the order given."""
    return tuple(Example(line, parse(as_eml(line))) for line in lines)


def as_eml(line: LabelledMail) -> bytes:
    """The line as an RFC 5322 message; attachments become small dummy parts with those names.

    The same line gives the same bytes. Used by training and by the demo's feed, so that both
    walk the parser's way. Source: RFC 5322 section 3.6, RFC 2045.
    """
    return compose(
        identity=line.id,
        sent_at=line.received_at,
        headers={"From": line.sender, "To": line.recipient, "Subject": line.subject},
        text=line.body,
        html=line.html,
        attachments=line.attachments,
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise Refused(
                "corpus.missing",
                f"{path} holds no corpus; give a .jsonl file or a folder of them",
                path=str(path),
            )
        found += inside
    seen: set[Path] = set()
    for file in found:
        if file.resolve() in seen:
            raise Refused(
                "corpus.twice",
                f"{file} is named twice, by itself or with its folder; name every file once",
                path=str(file),
            )
        seen.add(file.resolve())
    return found


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """Every non-blank line as (place, record, faults)."""
    if path.suffix.lower() == ".csv":
        for number, record, faults in csv.records(path):
            yield f"{path}:{number}", record, faults or faults_of_line(record)
        return
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path}:{number}"
            if not csv.is_utf8(line):
                yield place, {}, [csv.NOT_UTF8]
                continue
            try:
                record = json.loads(line, object_pairs_hook=_each_key_once)
            except (ValueError, RecursionError):
                fault = "not JSON, or a key stands twice; write one JSON object a line"
                yield place, {}, [fault]
                continue
            yield place, record, faults_of_line(record)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice the first label would be lost. Raises: ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _duplicate(seen: dict[str, str], place: str, record: dict[str, Any]) -> list[str]:
    identity = record.get("id")
    if identity is None:
        return []
    first = seen.setdefault(identity, place)
    if first == place:
        return []
    return [f"{place}: id already used at {first}; give every mail an id of its own"]


def _foreign_labels(records: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """A corpus of plain texts alone may use its own labels; mixed with house lines it may not."""
    plain = [(place, record) for place, _, record in records if "text" in record]
    if len(plain) == len(records):
        return []
    known = {code.value for code in Concern}
    return [
        f"{place}: unknown label {label[:40]!r} beside house mails; use a code of docs/labels.md"
        for place, record in plain
        for label in sorted(set(record["labels"]) - known)
    ]


def _labelled(writer: str, number: int, record: dict[str, Any]) -> LabelledMail:
    return _plain(writer, number, record) if "text" in record else _mail(writer, record)


def _plain(writer: str, number: int, record: dict[str, Any]) -> LabelledMail:
    return LabelledMail(
        id=record.get("id", f"{writer}-{number}"),
        writer=writer,
        received=date(2000, 1, 1),
        sender="text@corpus.example",
        recipient="postbox@corpus.example",
        subject="",
        body=record["text"],
        html="",
        attachments=(),
        channel=None,
        concerns=tuple(record["labels"]),
        payment_relevant=None,
    )


def _mail(writer: str, record: dict[str, Any]) -> LabelledMail:
    return LabelledMail(
        id=record["id"],
        writer=writer,
        received=date.fromisoformat(record["received"]),
        sender=record["from"],
        recipient=record["to"],
        subject=record["subject"],
        body=record.get("body", ""),
        html=record.get("html", ""),
        attachments=tuple(record["attachments"]),
        channel=Channel(record["channel"]),
        concerns=tuple(Concern(code) for code in record["concerns"]),
        payment_relevant=PaymentRelevant(record["payment_relevant"]),
        kundennummer=record.get("kundennummer"),
        iban=record.get("iban"),
        dates={key: date.fromisoformat(day) for key, day in record.get("dates", {}).items()},
        place=record.get("place"),
        weight=float(record.get("weight", 1)),
    )
