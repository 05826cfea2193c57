"""The file format of the approved texts: header lines, an empty line, the body with typed gaps.

    titel: Anlage fehlt
    anliegen: alle
    kanal: freie_email, kontaktformular
    gueltig_ab: 2026-01-01
    gueltig_bis: 2027-12-31
    region: alle
    version: 1
    quelle: Weisung 202404002 Nr. 3
    offenbarend: nein
    betreff: Ihre Nachricht vom {eingangstag}

    Guten Tag,

    vielen Dank für Ihre Nachricht vom {eingangstag}. …

`anlass` and `kuerzel` may be left out; "alle" stands for every concern, channel or region.
A second text (second_text.py) has the same header, and `sprache: en` or `sprache: einfach`
with `zu_fassung: 1`, the version of the German text to which it was written.
Source: Weisung 202003006 no. 2.1, 2.2 (validity, site, source of every work aid).
"""

import re
from datetime import date
from typing import Final

from rules.codes import Channel, Concern
from rules.errors import Refused, Unreadable
from rules.texts.approved import GAP, Occasion, Text
from rules.texts.language import Language, parts_of
from rules.texts.placeholders import gap

ALL: Final = "alle"
"""Header word for "every concern", "every channel", "every region"."""

AFTER_CHECK: Final = "nach abgleich"
"""Header word of a text that may go once it was compared who writes. Own decision 0051."""

_HEADER: Final = re.compile(r"([a-z_]+): +(\S.*)")
_REQUIRED: Final = frozenset(
    {
        "titel", "anliegen", "kanal", "gueltig_ab", "gueltig_bis", "region", "version",
        "quelle", "offenbarend", "betreff",
    }
)  # fmt: skip
_SECOND: Final = frozenset({"sprache", "zu_fassung"})
_OPTIONAL: Final = frozenset({"anlass", "kuerzel"}) | _SECOND
HEADER_KEYS: Final = _REQUIRED | _OPTIONAL
"""All header words. Source: Weisung 202003006 no. 2.1, 2.2; the form is a house rule."""

_CONTROL: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_VERSION_LINE: Final = re.compile(r"^version:.*$", re.MULTILINE)
_SUBJECT_CHARACTERS: Final = 78
"""Longest subject, so that the header line needs no folding. Source: RFC 5322 section 2.1.1."""


def parse_text(data: bytes, *, id: str) -> Text:  # noqa: A002 - the name of the field
    """Read the bytes of a text file (UTF-8, LF) as one version of the text `id`.

    Raises:
        Unreadable: `text.encoding`, `text.header`, `text.body`, with the line in question.
        Refused: `text.placeholder_unknown`; `text.discloses`, if the header declares neither
            "offenbarend: nein" nor "offenbarend: nach abgleich" (rules/identity.py).

    Source: Weisung 202404002 no. 3; § 35 SGB I (answers carry no social data).
    """
    head, body = _cut(data, id)
    fields = _fields(head, id)
    if fields["offenbarend"] not in {"nein", AFTER_CHECK}:
        raise Refused(
            "text.discloses",
            f"{id}: `offenbarend` must say `nein`; a text that discloses can't go by mail",
            text=id,
        )
    text = _text(fields, body, id)
    for name in text.gaps:
        gap(name)
    return text


def with_version(typed: str, version: int) -> str:
    """The typed text with that number as its version, and line ends as files have them.

    Authors need not count; a header without the line gets one. Source: own decision 0052.
    """
    plain = typed.replace("\r\n", "\n").strip() + "\n"
    head, gap_line, body = plain.partition("\n\n")
    line = f"version: {version}"
    numbered, found = _VERSION_LINE.subn(line, head, count=1)
    return (numbered if found else f"{head}\n{line}") + gap_line + body


def _cut(data: bytes, text_id: str) -> tuple[list[str], str]:
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Unreadable("text.encoding", f"{text_id}: not UTF-8", text=text_id) from exc
    if found := _CONTROL.search(whole):
        line = whole.count("\n", 0, found.start()) + 1
        raise Unreadable(
            "text.encoding",
            f"{text_id}, line {line}: control character U+{ord(found[0]):04X}; remove it",
            text=text_id,
        )
    head, _, body = whole.partition("\n\n")
    if not body.strip() or body != body.strip() + "\n":
        raise Unreadable(
            "text.body",
            f"{text_id}: after the header come one empty line, the body, and one line end",
            text=text_id,
        )
    return head.split("\n"), body


def _fields(lines: list[str], text_id: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or found[1] in fields or found[1] not in HEADER_KEYS:
            raise _bad_header(text_id, f"unknown, doubled or malformed: {line!r}")
        fields[found[1]] = found[2]
    if absent := sorted(_REQUIRED - fields.keys()):
        raise _bad_header(text_id, f"missing: {', '.join(absent)}")
    return fields


def _text(fields: dict[str, str], body: str, text_id: str) -> Text:
    subject = fields["betreff"]
    if len(subject) > _SUBJECT_CHARACTERS:
        raise _bad_header(text_id, f"betreff has more than {_SUBJECT_CHARACTERS} characters")
    if re.search(r"[{}]", GAP.sub("", subject + body)):
        raise Refused("text.placeholder_unknown", f"{text_id}: stray brace", text=text_id)
    try:
        text = Text(
            id=text_id,
            version=int(fields["version"]),
            title=fields["titel"],
            short_code=fields.get("kuerzel", ""),
            concerns=tuple(Concern(word) for word in _listed(fields["anliegen"])),
            channels=tuple(Channel(word) for word in _listed(fields["kanal"])),
            regions=_listed(fields["region"]),
            occasion=Occasion(fields.get("anlass", "")),
            valid_from=date.fromisoformat(fields["gueltig_ab"]),
            valid_to=date.fromisoformat(fields["gueltig_bis"]),
            source=fields["quelle"],
            subject=subject,
            body=body,
            gaps=tuple(dict.fromkeys(GAP.findall(subject + body))),
            discloses=fields["offenbarend"] == AFTER_CHECK,
            language=Language(fields["sprache"]) if "sprache" in fields else None,
            to_version=int(fields.get("zu_fassung", "0")),
        )
    except ValueError as exc:
        raise _bad_header(text_id, str(exc)) from exc
    if text.version < 1 or text.valid_to < text.valid_from:
        raise _bad_header(text_id, "version counts from 1; gueltig_bis is not before gueltig_ab")
    is_second = text.language is not None
    if text.language is not parts_of(text_id)[1] or is_second != (text.to_version > 0):
        raise _bad_header(text_id, "sprache is that of the id and stands beside zu_fassung")
    return text


def _listed(words: str) -> tuple[str, ...]:
    return () if words == ALL else tuple(word.strip() for word in words.split(","))


def _bad_header(text_id: str, what: str) -> Unreadable:
    return Unreadable("text.header", f"{text_id}, header: {what}", text=text_id)
