"""How a text comes to be: draft, review, approval by a second person, retirement.

An author writes and submits, an approver decides; each needs a permission of its own, and for
texts of single regions those regions. Each deed stands in the trail, without the wording.
Source: F40-F42; own decision 0052.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.access import Caller, Permission, may, require, require_person
from rules.errors import Conflict, Refused
from rules.texts.file import with_version
from rules.texts.life import TextState, TextStep, reason_of, require_second
from store.approved import text_versions
from store.approved.text_versions import TextVersion, Wording
from store.database.engine import Tx
from store.trail import audit
from triage.house import House
from triage.texts import checking, stock
from triage.texts.checking import Checked


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person had before him when he decided; another edition or hash is a conflict.

    `edition` None: not asked. `sha256` empty: not asked.
    """

    edition: int | None = None
    sha256: str = ""


def check(house: House, caller: Caller, text_id: str, typed: str) -> Checked:
    """Everything that is wrong with a typed text. Keeps nothing. Raises: `access.denied`."""
    require_either(caller)
    return checking.of_typed(house, text_id, with_version(typed, _version_in(typed)))


def draft(house: House, caller: Caller, text_id: str, typed: str) -> tuple[TextVersion, Checked]:
    """Keep a typed text as the next version of that text, or as the first of a new one.

    The version's number is given by the house. Raises: Refused: `access.denied`,
    `text.findings` where it can't be read. Conflict: `text.open_draft`, `text.exists`.
    """
    require(caller, Permission.WRITE_TEXTS)
    stock.take_in(house)
    now = house.clock()
    with house.db.write() as tx:
        number = _next_version(tx, text_id)
        checked = checking.of_typed(house, text_id, with_version(typed, number))
        wording = _wording(caller, text_id, number, checked)
        saved = text_versions.begin(tx, wording, author=caller.name, now=now)
        _note(house, tx, caller, saved, TextStep.SAVED)
    return saved, checked


def save(
    house: House, caller: Caller, text_id: str, version: int, *, typed: str, seen: Seen
) -> tuple[TextVersion, Checked]:
    """Write a draft over; who writes is an author from then on.

    Raises: Refused: `access.denied`, `text.unknown`, `text.findings`. Conflict: `text.step`,
    `text.changed`: somebody wrote since that edition.
    """
    require(caller, Permission.WRITE_TEXTS)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, seen)
        checked = checking.of_typed(house, text_id, with_version(typed, version))
        wording = _wording(caller, text_id, version, checked)
        _require_regions(caller, before.regions)
        saved = text_versions.save(tx, before, wording, author=caller.name, now=house.clock())
        _note(house, tx, caller, saved, TextStep.SAVED)
    return saved, checked


def submit(
    house: House, caller: Caller, text_id: str, version: int, *, seen: Seen = Seen()
) -> TextVersion:
    """Give a draft to the approvers. Raises: as `save`; Refused: `text.findings` on errors."""
    require(caller, Permission.WRITE_TEXTS)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, seen)
        _require_regions(caller, before.regions)
        checking.require_clean(house, before)
        return _step(house, tx, caller, before, TextStep.SUBMITTED)


def withdraw(house: House, caller: Caller, text_id: str, version: int) -> TextVersion:
    """Take a version back out of the review, to write on. Raises: as `save`."""
    require(caller, Permission.WRITE_TEXTS)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, Seen())
        _require_regions(caller, before.regions)
        return _step(house, tx, caller, before, TextStep.WITHDRAWN)


def turn_down(
    house: House, caller: Caller, text_id: str, version: int, *, reason: str
) -> TextVersion:
    """Back to the draft, with a reason for its authors.

    Raises: Refused: `access.denied`, `text.unknown`, `text.reason`. Conflict: `text.step`.
    """
    require(caller, Permission.APPROVE_TEXTS)
    said = reason_of(reason)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, Seen())
        _require_regions(caller, before.regions)
        return _step(house, tx, caller, before, TextStep.TURNED_DOWN, reason=said)


def approve(house: House, caller: Caller, text_id: str, version: int, *, seen: Seen) -> TextVersion:
    """Let a version hold on its days. From now on its bytes never change.

    Raises: Refused: `access.denied`, `access.machine`, `text.unknown`, `text.same_person`,
    `text.findings`. Conflict: `text.step`, `text.changed`: it is not what was read.
    """
    require(caller, Permission.APPROVE_TEXTS)
    require_person(caller)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, seen)
        _require_regions(caller, before.regions)
        require_second(before.authors, caller.name)
        checking.require_clean(house, before)
        saved = _step(house, tx, caller, before, TextStep.APPROVED)
    house.textbook.forget()
    return saved


def retire(house: House, caller: Caller, text_id: str, version: int, *, reason: str) -> TextVersion:
    """Withdraw an approved version at once, or give a draft up. One person may: it stops sending.

    It stays readable by its number, and no older version comes back. A draft is given up by who
    may write, an approved version is retired by who may approve.
    Raises: Refused: `access.denied`, `text.unknown`, `text.reason`. Conflict: `text.step`.
    """
    require_either(caller)
    said = reason_of(reason)
    stock.take_in(house)
    with house.db.write() as tx:
        before = _found(tx, caller, text_id, version, Seen())
        is_approved = before.state is TextState.APPROVED
        require(caller, Permission.APPROVE_TEXTS if is_approved else Permission.WRITE_TEXTS)
        _require_regions(caller, before.regions)
        saved = _step(house, tx, caller, before, TextStep.RETIRED, reason=said)
    house.textbook.forget()
    return saved


def may_edit(caller: Caller, version: TextVersion) -> bool:
    """Whether the caller may write on texts of these regions at all."""
    return may(caller, Permission.WRITE_TEXTS) and _has_regions(caller, version.regions)


def may_decide(caller: Caller, version: TextVersion) -> bool:
    """Whether the caller may approve texts of these regions, apart from who wrote them."""
    return may(caller, Permission.APPROVE_TEXTS) and _has_regions(caller, version.regions)


def _version_in(typed: str) -> int:
    """For a check the number does not matter; 1 stands in."""
    head = typed.replace("\r\n", "\n").partition("\n\n")[0]
    words = next((x for x in head.split("\n") if x.startswith("version:")), "").split()
    return int(words[1]) if len(words) == 2 and words[1].isdecimal() and len(words[1]) < 6 else 1


def _next_version(tx: Tx, text_id: str) -> int:
    try:
        newest = text_versions.get(tx, text_id)
    except Refused:
        return 1
    if newest.state in {TextState.DRAFT, TextState.REVIEW}:
        raise Conflict(
            "text.open_draft",
            f"Version {newest.version} of {text_id!r} is still being written; end or withdraw it"
            " first.",
            text=text_id,
            version=newest.version,
        )
    return newest.version + 1


def _wording(caller: Caller, text_id: str, version: int, checked: Checked) -> Wording:
    text = checked.text
    if text is None:
        raise checking.with_findings(checked.findings)
    _require_regions(caller, text.regions)
    return Wording(text_id, version, text.title, checked.typed, text.regions, text.valid_to)


def _found(tx: Tx, caller: Caller, text_id: str, version: int, seen: Seen) -> TextVersion:
    found = text_versions.get(tx, text_id, version, regions=caller.whole_regions)
    is_other = seen.edition not in {None, found.edition}
    if is_other or (seen.sha256 and seen.sha256 != found.sha256):
        raise Conflict(
            "text.changed",
            f"{text_id!r} was changed since. Load it again, then decide.",
            text=text_id,
            version=version,
        )
    return found


def _has_regions(caller: Caller, regions: tuple[str, ...]) -> bool:
    mine = caller.whole_regions
    return mine is None or bool(regions and mine.issuperset(regions))


def _require_regions(caller: Caller, regions: tuple[str, ...]) -> None:
    """A text for all belongs to who isn't limited to regions."""
    if not _has_regions(caller, regions):
        raise Refused(
            "access.denied",
            "This text holds not only in your region; set its `region` to yours, or ask the"
            " central editors.",
            why="wider_text",
        )


def require_either(caller: Caller) -> None:
    """Pass who may write or approve texts. Raises: Refused: `access.denied`."""
    if not may(caller, Permission.APPROVE_TEXTS):
        require(caller, Permission.WRITE_TEXTS)


def _step(
    house: House,
    tx: Tx,
    caller: Caller,
    before: TextVersion,
    what: TextStep,
    *,
    reason: str = "",
) -> TextVersion:
    saved = text_versions.step(
        tx,
        before,
        what,
        now=house.clock(),
        today=house.today(),
        by=caller.name,
        reason=reason,
    )
    _note(house, tx, caller, saved, what)
    return saved


def _note(house: House, tx: Tx, caller: Caller, version: TextVersion, what: TextStep) -> None:
    details: Mapping[str, object] = {"sha256": version.sha256, "regions": list(version.regions)}
    audit.add(
        tx,
        caller.name,
        action=f"text.{what}",
        subject=f"text:{version.text_id}.{version.version}",
        details=details,
        at=house.clock(),
    )
