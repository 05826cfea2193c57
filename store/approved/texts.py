"""The shelf of approved texts: files and approvals, read once and checked as a whole.

A text whose bytes don't match its approval is not loaded, and then none is: an answer service
with half its texts would hide the fault. `approvals.toml` holds one `[[text]]` for each version
(id, version, sha256, author, approved_by, approved_on). Files are `<folder>/<name>.txt`, a
version beside the newest one `<folder>/<name>.v2.txt`; the id is "<folder>.<name>". Second texts
are `<folder>/<name>.en.md`, approved in `approvals_second.toml`: older versions of the
program see neither. Reads files only; there is no SQL here.
Source: Weisung 202404002 no. 3; Weisung 202003006 no. 2.1 (validity, replaced "mit Stand").
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from rules.codes import Concern
from rules.errors import HouseError, Refused
from rules.texts import second_text
from rules.texts.approved import Text, covers
from rules.texts.file import parse_text
from rules.texts.language import Language, parts_of
from rules.texts.lint import GENERAL, fits_folder
from rules.texts.wording import lint

APPROVALS: Final = "approvals.toml"
APPROVALS_SECOND: Final = "approvals_second.toml"
"""Folder of the texts that fit every concern."""

_FILE: Final = re.compile(r"([a-z0-9_]+)(?:\.v([1-9][0-9]*))?\.txt")
_SECOND_FILE: Final = re.compile(
    rf"([a-z0-9_]+\.(?:{'|'.join(Language)}))(?:\.v([1-9][0-9]*))?\.md"
)
_KEYS: Final = {
    "id": str, "version": int, "sha256": str, "author": str, "approved_by": str,
    "approved_on": date,
}  # fmt: skip
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of the shelf: stable code, file (relative to the folder), what and what to do."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One entry of approvals.toml. Author and approver are functions, not persons."""

    id: str
    version: int
    sha256: str
    author: str
    approved_by: str
    approved_on: date


@dataclass(frozen=True, slots=True)
class ShelvedText:
    """A text with the proof of its approval; `sha256` is the hash of the file's bytes.

    `data` are those bytes as text; `retired_on` is the local day on which it was withdrawn.
    """

    text: Text
    sha256: str
    approval: Approval
    path: str
    data: str = ""
    retired_on: date | None = None

    @property
    def was_in_force(self) -> bool:
        """Whether it may ever have held: one retired before its first day never did."""
        return self.retired_on is None or self.retired_on >= self.text.valid_from


class TextShelf:
    """All approved versions, immutable after loading; safe to share between threads."""

    __slots__ = ("_by_key",)

    def __init__(self, shelved: Iterable[ShelvedText]) -> None:
        """Takes only texts that `load` has checked."""
        ordered = sorted(shelved, key=lambda s: (s.text.id, s.text.version))
        self._by_key = {(s.text.id, s.text.version): s for s in ordered}

    def stock(self) -> tuple[ShelvedText, ...]:
        """Everything on it with its proof, by id, then version."""
        return tuple(self._by_key.values())

    def all(self) -> tuple[Text, ...]:
        """Every approved version, by id, then version; also those not valid today."""
        return tuple(shelved.text for shelved in self._by_key.values())

    def get(self, text_id: str, version: int | None = None) -> Text:
        """One approved version; the newest where none is named.

        Raises:
            Refused: `text.unknown`.
        """
        return self.shelved(text_id, version).text

    def shelved(self, text_id: str, version: int | None = None) -> ShelvedText:
        """Like `get`, with hash and approval: what a sent answer keeps.

        Raises:
            Refused: `text.unknown`.
        """
        found = [
            shelved
            for (known_id, known_version), shelved in self._by_key.items()
            if known_id == text_id and version in {None, known_version}
        ]
        if not found:
            raise Refused(
                "text.unknown",
                f"There is no text {text_id!r} in that version.",
                text=text_id,
                version=version,
            )
        return found[-1]

    def versions(self, text_id: str) -> tuple[Text, ...]:
        """All approved versions of a text, oldest first; empty if there is none."""
        return tuple(text for text in self.all() if text.id == text_id)

    def valid(self, day: date, region: str) -> tuple[Text, ...]:
        """What may be sent on that local day from that region: of each text the newest begun one.

        Where that one has ended or was retired, none: an older one never comes back by itself.
        Second texts are not among them (`seconds`).
        Source: Weisung 202003006 no. 2.2 ("mit Stand" replaced); own decision 0052.
        """
        return tuple(text for text in self._valid(day, region) if text.language is None)

    def seconds(self, first: Text, day: date, region: str) -> tuple[Text, ...]:
        """The second texts that may stand below that version then. Own decision 0096."""
        return second_text.of(first, self._valid(day, region))

    def _valid(self, day: date, region: str) -> tuple[Text, ...]:
        newest = {
            one.text.id: one
            for one in self._by_key.values()
            if covers(one.text, region) and one.text.valid_from <= day and one.was_in_force
        }
        return tuple(
            one.text
            for one in newest.values()
            if one.retired_on is None and day <= one.text.valid_to
        )


def load(folder: Path, *, disclosing: Literal["refuse", "after_check"] = "refuse") -> TextShelf:
    """Read and check all texts under `folder`; all or nothing.

    Texts that disclose are faults unless `disclosing` is "after_check". Own decision 0051.

    Raises:
        Refused: `text.not_approved`, with all findings in `details["findings"]`.
    """
    shelved, findings = _read(folder)
    if disclosing == "refuse":
        findings += tuple(
            Finding("text.discloses", one.path, "replies.disclosing must allow such texts first")
            for one in shelved
            if one.text.discloses
        )
    if findings:
        shown = "\n".join(f"{f.path}: {f.message} [{f.code}]" for f in findings[:_SHOWN])
        raise Refused(
            "text.not_approved",
            f"{len(findings)} fault(s) in {folder}; `postlotse texts check` lists them:\n{shown}",
            findings=findings,
        )
    return TextShelf(shelved)


def check(folder: Path) -> tuple[Finding, ...]:
    """All faults of the shelf, by path; empty means that `load` would take it. For the CLI."""
    return _read(folder)[1]


def read_one(path: Path) -> tuple[Text, str]:
    """One text file, approved or not, with the sha256 of its bytes: for `texts approve`.

    Raises:
        Unreadable, Refused: as `approved.parse_text`; `text.path` if the name has not the form
            `<folder>/<name>.txt`.
    """
    text_id, version = _identity(path)
    data = _bytes(path)
    text = parse_text(data, id=text_id)
    _check_place(text, path, version)
    return text, sha256(data).hexdigest()


def _read(folder: Path) -> tuple[tuple[ShelvedText, ...], tuple[Finding, ...]]:
    approvals, findings = _approvals(folder, APPROVALS)
    if (folder / APPROVALS_SECOND).exists():
        more, wrong = _approvals(folder, APPROVALS_SECOND)
        approvals, findings = approvals | more, findings + wrong
    shelved: list[ShelvedText] = []
    seen: set[tuple[str, int]] = set()
    for path in sorted((*folder.glob("*/*.txt"), *_second_files(folder))):
        name = path.relative_to(folder).as_posix()
        try:
            text, digest = read_one(path)
        except HouseError as exc:
            findings.append(Finding(exc.code, name, exc.message))
            continue
        key = (text.id, text.version)
        faults = _faults(text, digest, approvals.get(key), name)
        if key in seen:
            faults.append(Finding("text.doubled", name, f"version {text.version} exists twice"))
        seen.add(key)
        findings.extend(faults)
        if not faults:
            shelved.append(
                ShelvedText(text, digest, approvals[key], name, path.read_text(encoding="utf-8"))
            )
    findings.extend(
        Finding(
            "text.file_missing", _list_of(text_id), f"{text_id} version {version}: no such file"
        )
        for text_id, version in sorted(approvals.keys() - seen)
    )
    if not shelved and not findings:
        findings.append(Finding("text.none", ".", f"no texts under {folder}; check the setting"))
    return tuple(shelved), tuple(findings)


def _faults(text: Text, digest: str, approval: Approval | None, name: str) -> list[Finding]:
    faults = [Finding(found.code, name, found.message) for found in lint(text)]
    if approval is None:
        remedy = f"version {text.version} has no approval; have it approved by a second person"
        faults.append(Finding("text.approval_missing", name, remedy))
    elif approval.sha256 != digest:
        remedy = (
            f"the bytes are not those approved as version {approval.version}; "
            "undo the change, or raise the version and have it approved"
        )
        faults.append(Finding("text.changed", name, remedy))
    elif approval.author == approval.approved_by:
        faults.append(Finding("text.same_person", name, "author and approver must differ"))
    return faults


def _approvals(folder: Path, file: str) -> tuple[dict[tuple[str, int], Approval], list[Finding]]:
    try:
        raw = tomllib.loads(_bytes(folder / file).decode("utf-8"))
    except HouseError as exc:
        return {}, [Finding(exc.code, file, exc.message)]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        return {}, [Finding("text.approvals", file, f"not valid TOML: {exc}")]
    approvals: dict[tuple[str, int], Approval] = {}
    findings: list[Finding] = []
    entries = raw.get("text", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        approval = _approval(entry)
        if approval is None:
            what = f"entry {number}: needs exactly {', '.join(_KEYS)}, each of its type"
        elif (approval.id, approval.version) in approvals:
            what = f"entry {number}: {approval.id} version {approval.version} is there twice"
        else:
            approvals[(approval.id, approval.version)] = approval
            continue
        findings.append(Finding("text.approvals", file, what))
    return approvals, findings


def _approval(entry: object) -> Approval | None:
    if not isinstance(entry, dict) or entry.keys() != _KEYS.keys():
        return None
    if not all(isinstance(entry[key], kind) for key, kind in _KEYS.items()):
        return None
    return Approval(**entry)


def _list_of(text_id: str) -> str:
    return APPROVALS if parts_of(text_id)[1] is None else APPROVALS_SECOND


def _second_files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/*.md") if _SECOND_FILE.fullmatch(path.name)]


def _identity(path: Path) -> tuple[str, int | None]:
    found = _FILE.fullmatch(path.name) or _SECOND_FILE.fullmatch(path.name)
    if found is None or path.parent.name not in {GENERAL, *(c.value for c in Concern)}:
        raise Refused(
            "text.path",
            f"{path}: expected <concern or {GENERAL}>/<name>.txt, <name>.v2.txt or"
            " <name>.en.md, lower case",
            path=str(path),
        )
    return f"{path.parent.name}.{found[1]}", int(found[2]) if found[2] else None


def _check_place(text: Text, path: Path, version: int | None) -> None:
    if not fits_folder(text, path.parent.name) or version not in {None, text.version}:
        raise Refused(
            "text.path",
            f"{path}: folder and file name must fit the header (anliegen, version)",
            path=str(path),
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Refused(
            "text.file_unreadable", f"{path}: {exc.strerror}; check path and rights", path=str(path)
        ) from exc
