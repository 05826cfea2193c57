"""What can be wrong with one line of a corpus, each fault with its remedy.

Source: label guide (docs/labels.md) for codes and for what may stand together.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final, TypeGuard

from rules.codes import STAND_ALONE, Channel, Concern, PaymentRelevant

_CODES = frozenset(code.value for code in Concern)
_ALONE = frozenset(code.value for code in STAND_ALONE)
_CHANNELS = frozenset(channel.value for channel in Channel)
_ANSWERS = frozenset(answer.value for answer in PaymentRelevant)
_TEXT_KEYS = ("id", "received", "from", "to", "subject", "channel", "payment_relevant")
_TAG: Final = re.compile(r"<[^>]*>")
_LEAST_WEIGHT: Final = 0.01
"""A mail that counts less teaches nothing; far below, a training runs out of numbers."""


def faults_of_line(record: object) -> list[str]:
    """All faults of one decoded line; empty if it may be used. Values aren't repeated in full."""
    if not isinstance(record, dict):
        return ["not an object; write one JSON object a line"]
    if not _is_writable(record):
        return [
            "holds half a character (\\ud800 to \\udfff by itself); write it whole or remove it"
        ]
    checks = _PLAIN if "text" in record else _MAIL
    return [fault for check in checks for fault in check(record)]


def _plain_text(record: dict[str, Any]) -> Iterator[str]:
    if not isinstance(record["text"], str) or not record["text"].strip():
        yield "empty text; remove the line or fill `text`"
    labels = record.get("labels")
    if not _is_text_list(labels) or not labels or not all(label.strip() for label in labels):
        yield "no labels; give `labels` as a list of at least one name"
    elif len(set(labels)) < len(labels):
        yield "a label stands twice; name every label once"
    if "id" in record:
        yield from _id(record["id"])


def _text_keys(record: dict[str, Any]) -> Iterator[str]:
    for key in _TEXT_KEYS:
        if not isinstance(record.get(key), str):
            yield f"`{key}` is missing or no text; see corpus/README.md for the keys"
    if isinstance(record.get("id"), str):
        yield from _id(record["id"])


def _id(identity: object) -> Iterator[str]:
    """It becomes a Message-ID, so it needs something that may stand there."""
    if not isinstance(identity, str):
        yield "`id` is no text; write a string"
    elif not any(char.isalnum() for char in identity):
        yield "empty id; give every mail an id of its own, with a letter or digit"


def _addresses(record: dict[str, Any]) -> Iterator[str]:
    """The standard library's parser of addresses breaks on half a domain literal."""
    for key in ("from", "to"):
        if "[" in str(record.get(key)):
            yield f"`{key}` holds a bracket; write an address like name@place.example"


def _body(record: dict[str, Any]) -> Iterator[str]:
    texts = [record.get(key, "") for key in ("body", "html", "subject")]
    if not all(isinstance(text, str) for text in texts):
        yield "`body` or `html` is no text; write a string"
    elif not _may_be_empty(record) and not any(_TAG.sub("", text).strip() for text in texts):
        yield "empty text; fill `body`, `html` or `subject`, or label it kein_anliegen"


def _concerns(record: dict[str, Any]) -> Iterator[str]:
    codes = record.get("concerns")
    if not _is_text_list(codes) or not codes:
        yield "no concerns; give `concerns` as a list of at least one code"
        return
    for code in codes:
        if code not in _CODES:
            yield f"unknown concern {code[:40]!r}; use a code of docs/labels.md"
    if len(set(codes)) < len(codes):
        yield "a concern stands twice; name every code once, most weighty first"
    if len(codes) > 1 and _ALONE & set(codes):
        yield "sonstiges and kein_anliegen stand alone; remove them or the others"


def _closed_codes(record: dict[str, Any]) -> Iterator[str]:
    for key, known in (("channel", _CHANNELS), ("payment_relevant", _ANSWERS)):
        value = record.get(key)
        if isinstance(value, str) and value not in known:
            yield f"unknown {key} {value[:40]!r}; use one of {', '.join(sorted(known))}"


def _attachments(record: dict[str, Any]) -> Iterator[str]:
    names = record.get("attachments")
    if not _is_text_list(names):
        yield "`attachments` is no list of names; write [] where there are none"
    elif any("\n" in name or "\r" in name for name in names):
        yield "a name in `attachments` holds a line break; write it on one line"


def _facts(record: dict[str, Any]) -> Iterator[str]:
    for key in ("kundennummer", "iban", "place"):
        if not isinstance(record.get(key), str | None):
            yield f"`{key}` is neither text nor null; write one of them"
    dates = record.get("dates", {})
    if not isinstance(dates, dict) or not all(_is_day(day) for day in dates.values()):
        yield "`dates` holds something that is no day; write YYYY-MM-DD"


def _birth(record: dict[str, Any]) -> Iterator[str]:
    """A year of two digits read a century late was the commonest wrong day of the house corpus."""
    dates = record.get("dates")
    born = dates.get("birth_date") if isinstance(dates, dict) else None
    received = record.get("received")
    if not _is_day(born) or not _is_day(received):
        return
    if date.fromisoformat(born) > date.fromisoformat(received):
        yield "`birth_date` lies after `received`; write the sender's own, the century as meant"


def _source(record: dict[str, Any]) -> Iterator[str]:
    if record.get("source", "confirmed") not in {"confirmed", "weak"}:
        yield "unknown `source`; write confirmed or weak, or leave it out"
    weight = record.get("weight", 1)
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not _LEAST_WEIGHT <= weight <= 1:
        yield f"`weight` is no number from {_LEAST_WEIGHT} to 1; leave it out for a full one"


def _received(record: dict[str, Any]) -> Iterator[str]:
    if isinstance(record.get("received"), str) and not _is_day(record["received"]):
        yield "`received` is no day; write YYYY-MM-DD"


def _may_be_empty(record: dict[str, Any]) -> bool:
    """An empty mail is a lesson, if labelled so; one with an attachment has a name to read.

    Source: label guide, `kein_anliegen` ("thanks, machine mail, spam, empty").
    """
    nothing_asked: bool = record.get("concerns") == [Concern.KEIN_ANLIEGEN]
    return nothing_asked or bool(record.get("attachments"))


def _is_writable(record: dict[str, Any]) -> bool:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_text_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_day(value: object) -> TypeGuard[str]:
    if not isinstance(value, str):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_Check = Callable[[dict[str, Any]], Iterator[str]]
_PLAIN: tuple[_Check, ...] = (_plain_text,)
_MAIL: tuple[_Check, ...] = (
    _text_keys,
    _addresses,
    _received,
    _body,
    _concerns,
    _closed_codes,
    _attachments,
    _facts,
    _birth,
    _source,
)
