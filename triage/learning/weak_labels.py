"""Weak labels from a postbox as it lies: what people said by folders and marks before Postlotse.

Nothing is stored and nothing is written to the postbox. Mail that the ledger has seen lying there
is left out: much of it Postlotse filed itself, and the rest is what `relearn.export` tells of.
Source: N17; own decision 0029.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.archive import received_at
from ingest.parse import parse
from rules.access import Caller, Permission, require
from rules.codes import STAND_ALONE, Concern
from rules.errors import Conflict, HouseError, Refused
from rules.marks import MarkBook, fold
from rules.payment import by_weight
from rules.postbox import Fetched, TooLarge
from rules.routing import CONCERN_FOLDER
from store.mails.originals import fingerprint
from store.places import sightings
from store.trail import audit
from triage import deciding
from triage.backfill import BATCH_MAILS
from triage.batches import in_batches
from triage.house import House
from triage.learning import training_file
from triage.ports import Postbox


@dataclass(frozen=True, slots=True)
class Label:
    """What people said of a mail: its concerns, most weighty first, and whether by a mark.

    Without a concern they contradict each other.
    """

    concerns: tuple[Concern, ...]
    by_mark: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Mails whose first concern that is; of these how many by a mark, and judged so, too."""

    concern: Concern
    mails: int
    by_mark: int
    judged_so: int


@dataclass(frozen=True, slots=True)
class History:
    """What lies there. `left_out`: mails by the reason why nothing is learned from them."""

    counted: tuple[Counted, ...]
    left_out: Mapping[str, int]
    unread_folders: tuple[str, ...]

    @property
    def mails(self) -> int:
        """How many lines there are."""
        return sum(row.mails for row in self.counted)


@dataclass(frozen=True, slots=True)
class _Line:
    said: Label
    judged: Concern
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Gathered:
    """By content, so that copies of a mail are one; None: people contradict each other."""

    lines: dict[str, _Line | None]
    left_out: Counter[str]


def read(
    house: House,
    caller: Caller,
    box: Postbox,
    *,
    folders: Mapping[str, Concern],
    out: Path | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> History:
    """Read all folders; write weak lines to `out`, or only count without it.

    `folders` are further names of folders (their last level) and what they stand for, beside those
    that Postlotse makes. `told` is called with each folder before it is read. Writing a file is
    entered in the trail, counting is not.

    Raises: Refused: `access.denied`, `relearn.inside`, `history.folder`: none is named so.
    TryLater: the postbox is away.
    """
    require(caller, Permission.MANAGE_MODELS)
    if out is not None:
        training_file.require_outside(out)
    there = box.folders()
    _require_there(box.name, folders, there)
    topics = {fold(name): concern for concern, name in CONCERN_FOLDER.items()}
    topics |= {fold(name): concern for name, concern in folders.items()}
    gathered, unread = _Gathered({}, Counter()), []
    for folder in there:
        told(folder)
        try:
            _folder(house, box, folder, topics=topics, gathered=gathered)
        except (Refused, Conflict):  # no right, gone, or numbered anew just now
            unread.append(folder)
    kept = [one for one in gathered.lines.values() if one is not None]
    gathered.left_out["contradicted"] += len(gathered.lines) - len(kept)
    if out is not None:
        # First, so that no text of a mail lies outside without an entry.
        _note(house, caller, box, lines=len(kept))
        training_file.write(out, (one.values for one in kept))
    return History(_counted(kept), +gathered.left_out, tuple(unread))


def _require_there(postbox: str, named: Iterable[str], there: Iterable[str]) -> None:
    """A mistyped name would count nothing, and look as if nothing lay there."""
    last_names = {fold(_last(folder)) for folder in there}
    for name in named:
        if fold(name) not in last_names:
            raise Refused(
                "history.folder",
                f"postbox {postbox!r} has no folder {name!r}; write the last part of its name",
            )


def _last(folder: str) -> str:
    return folder.rpartition("/")[2]


def label_of(marks: Collection[str], topic: Concern | None, *, book: MarkBook) -> Label | None:
    """What marks and folder say together; None where they say nothing.

    A mark weighs more than the folder: somebody set it on this one mail. Where the two don't
    agree, or a concern that stands alone has others beside it, there is no concern.
    """
    rules = [book.rule_of(mark) for mark in marks]
    marked = {rule.concern for rule in rules if rule is not None and rule.concern is not None}
    codes = marked or ({topic} if topic is not None else set())
    if not codes:
        return None
    if (topic is not None and topic not in codes) or (len(codes) > 1 and codes & STAND_ALONE):
        codes = set()
    return Label(by_weight(code for code in Concern if code in codes), bool(marked))


def _folder(
    house: House, box: Postbox, folder: str, *, topics: Mapping[str, Concern], gathered: _Gathered
) -> None:
    topic = topics.get(fold(_last(folder)))
    seen = box.marks(folder)
    labels: dict[str, Label] = {}
    for uid, marks in seen.by_uid.items():
        label = label_of(marks, topic, book=house.policy.marks.book)
        if label is not None and label.concerns:
            labels[uid] = label
        else:
            gathered.left_out["unlabelled" if label is None else "contradicted"] += 1
    uids = tuple(labels)
    for start in range(0, len(uids), BATCH_MAILS):
        part = uids[start : start + BATCH_MAILS]
        found = _whole(box.fetch(folder, seen.epoch, part), gathered.left_out)
        for mails in in_batches(found, most=BATCH_MAILS, size=_size):
            labelled = [(mail, labels[mail.place.uid]) for mail in mails]
            _batch(house, box.name, labelled, gathered)


def _whole(found: Iterable[Fetched | TooLarge], left_out: Counter[str]) -> Iterator[Fetched]:
    """What is too large is only counted."""
    for mail in found:
        if isinstance(mail, TooLarge):
            left_out["too_large"] += 1
        else:
            yield mail


def _size(mail: Fetched) -> int:
    return len(mail.data)


def _batch(
    house: House, postbox: str, mails: list[tuple[Fetched, Label]], gathered: _Gathered
) -> None:
    hashes = [fingerprint(mail.data) for mail, _ in mails]
    with house.db.read() as tx:
        known = sightings.seen_in(tx, postbox, hashes=hashes)
    for digest, (mail, label) in zip(hashes, mails, strict=True):
        if digest in known:
            gathered.left_out["known"] += 1
        elif digest in gathered.lines:
            before = gathered.lines[digest]
            if before is None or before.said.concerns != label.concerns:
                gathered.lines[digest] = None
            gathered.left_out["copy"] += 1
        else:
            line = _line(house, postbox, mail, digest, label=label, left_out=gathered.left_out)
            if line is not None:
                gathered.lines[digest] = line


def _line(
    house: House, postbox: str, mail: Fetched, digest: str, *, label: Label, left_out: Counter[str]
) -> _Line | None:
    """The line, or None and its reason. What is said of money is the judge's, as in `relearn`."""
    at = received_at(mail.data, at_most=min(mail.received_at, house.clock()))
    try:
        parsed = parse(mail.data, house.layouts)
    except HouseError:
        left_out["unreadable"] += 1
        return None
    ours = house.judging.directory.by_mailbox(parsed.sender)
    if ours.agencies or ours.region:
        left_out["own"] += 1
        return None
    if training_file.says_nothing(parsed):
        left_out["empty"] += 1
        return None
    mailbox = deciding.addressed(house.judging, parsed) or postbox
    judged = house.judging.judge.judge(parsed, received_at=at, mailbox=mailbox)
    line = training_file.line(
        f"history-{digest[:16]}", parsed, received_at=at, channel=judged.channel
    )
    concerns = [code.value for code in label.concerns]
    weak = {"source": training_file.WEAK, "weight": training_file.WEAK_WEIGHT}
    payment = {"payment_relevant": judged.payment_relevant.value}
    return _Line(label, judged.concerns[0].code, line | {"concerns": concerns} | payment | weak)


def _counted(lines: list[_Line]) -> tuple[Counted, ...]:
    """The commonest first."""
    found = []
    for concern in Concern:
        own = [line for line in lines if line.said.concerns[0] is concern]
        by_mark = sum(line.said.by_mark for line in own)
        judged_so = sum(line.judged is concern for line in own)
        if own:
            found.append(Counted(concern, len(own), by_mark, judged_so))
    return tuple(sorted(found, key=lambda row: -row.mails))


def _note(house: House, caller: Caller, box: Postbox, *, lines: int) -> None:
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="relearn.history",
            subject=f"postbox:{box.name}",
            details={"weak": lines},
            at=house.clock(),
        )
