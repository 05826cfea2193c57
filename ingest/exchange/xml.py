"""The XML of EWS: what the driver writes into a request and reads out of an answer.

exchangelib's own model of items is left out: it is slow, guesses types, and its changes would go
unnoticed. Source: EWS reference; Microsoft's schema (types.xsd); own decision 0034.
"""

import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from exchangelib.errors import MalformedResponseError
from exchangelib.util import MNS, TNS, create_element
from lxml.etree import SubElement
from pybase64 import b64decode

MESSAGES, TYPES = f"{{{MNS}}}", f"{{{TNS}}}"
SEARCH_KEY = {"PropertyTag": "0x300B", "PropertyType": "Binary"}
HEADERS = {"PropertyTag": "0x007D", "PropertyType": "String"}
FLAGS = {"PropertyTag": "0x0E07", "PropertyType": "Integer"}
DELIVERED = {"PropertyTag": "0x0E06", "PropertyType": "SystemTime"}
"""PR_SEARCH_KEY, PR_TRANSPORT_MESSAGE_HEADERS, PR_MESSAGE_FLAGS, PR_MESSAGE_DELIVERY_TIME.

Source: MS-OXPROPS.
"""

_BEGINNING = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """What a folder tells about a message. `key` is empty where the server has no search key.

    `created_at` is when it was put into the mailbox: a copy came after its original.
    """

    id: str
    key: str
    size_bytes: int
    received_at: datetime
    categories: tuple[str, ...] = ()
    created_at: datetime = _BEGINNING


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of what changed in a folder since a sync state, and the state after it."""

    state: str
    is_last: bool
    present: tuple[Item, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderFact:
    """One folder below another. `distinguished` is empty but for the mailbox's own folders."""

    id: str
    parent_id: str
    name: str
    kind: str
    distinguished: str


class Mime(NamedTuple):
    """What a server gives of a message; of one that nobody changed since, the same change key."""

    key: str
    data: bytes
    change_key: str


def mime_of(answer: Any) -> Mime | Exception:  # noqa: ANN401
    """The MIME in one response message, or what is wrong with it."""
    if isinstance(answer, Exception):
        return answer
    try:
        item = only_item(answer)
        key = search_key(item)
    except (AttributeError, TypeError, ValueError):
        return _doubt("not one item, or a key that is none")
    content = item.find(f"{TYPES}MimeContent")
    if content is None or len(content):
        return _doubt("no MIME, or more than text in it")
    try:
        data = _decoded(content.text or "")
    except ValueError:  # binascii.Error is one
        return _doubt("MIME that is no base64")
    named = item.find(f"{TYPES}ItemId")
    return Mime(key, data, "" if named is None else named.get("ChangeKey", ""))


def matched(ids: Sequence[str], answers: Sequence[Any], tag: str) -> list[Any]:
    """What was answered to each id: what names it, wherever it stands, else what stands there.

    A doubt (MalformedResponseError) where what stands there names another one, and where fewer
    were answered and none names it. `tag` is that of the ids.
    """
    own = [_named_id(answer, tag) for answer in answers]
    by_id = {id_: answer for id_, answer in zip(own, answers, strict=True) if id_}
    is_even, asked = len(answers) == len(ids), frozenset(ids)
    return [
        by_id[id_]
        if id_ in by_id
        else answers[at]
        if is_even and own[at] not in asked
        else _doubt("no answer to one of several questions")
        for at, id_ in enumerate(ids)
    ]


def _named_id(answer: Any, tag: str) -> str:  # noqa: ANN401
    found = None if isinstance(answer, (bool, Exception)) else answer.find(f".//{TYPES}{tag}")
    return "" if found is None else str(found.get("Id"))


def _decoded(text: str) -> bytes:
    """Exchange writes it in one line; a proxy may have broken it. Raises: ValueError.

    By SIMD: the standard library takes a hundred times as long, a sixth of the CPU time of keeping
    large mails. Source: measurement 2026-11-26; own decision 0098.
    """
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b64decode("".join(text.split()), validate=True)


def _doubt(why: str) -> Exception:
    doubt: Exception = MalformedResponseError(why)
    return doubt


def item_of(found: Any) -> Item:  # noqa: ANN401
    """What a change or an item says of a message, in one pass: a folder has many of them."""
    parts = {part.tag: part for part in found}
    received, size = parts.get(f"{TYPES}DateTimeReceived"), parts.get(f"{TYPES}Size")
    named, created = parts.get(f"{TYPES}ExtendedProperty"), parts.get(f"{TYPES}DateTimeCreated")
    return Item(
        id=str(parts[f"{TYPES}ItemId"].get("Id")),
        key=_key_in(None if named is None else named.findtext(f"{TYPES}Value")),
        size_bytes=0 if size is None else int(size.text),
        received_at=time_of(None if received is None else received.text),
        categories=categories_of(found) if f"{TYPES}Categories" in parts else (),
        created_at=_BEGINNING if created is None else time_of(created.text),
    )


def categories_of(found: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The categories of an item, in its order. Source: EWS reference (item:Categories)."""
    names = found.iterfind(f"{TYPES}Categories/{TYPES}String")
    return tuple(name.text for name in names if name.text)


def time_of(text: str | None) -> datetime:
    """Aware UTC; a message that was never received came at the beginning of time."""
    if not text:
        return _BEGINNING
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def folder_fact(found: Any) -> FolderFact:  # noqa: ANN401
    """What a folder says of itself."""

    def text(tag: str) -> str:
        return found.findtext(f"{TYPES}{tag}") or ""

    return FolderFact(
        id=id_of(found, "FolderId"),
        parent_id=id_of(found, "ParentFolderId"),
        name=text("DisplayName"),
        kind=text("FolderClass"),
        distinguished=text("DistinguishedFolderId"),
    )


def search_key(item: Any) -> str:  # noqa: ANN401
    """The search key in hexadecimal letters: base64 knows case, and places may be compared so."""
    return _key_in(property_text(item))


def _key_in(text: str | None) -> str:
    return binascii.a2b_base64(text or "").hex()


def property_text(item: Any) -> str:  # noqa: ANN401
    """The value of the one extended property that was asked for."""
    return item.findtext(f"{TYPES}ExtendedProperty/{TYPES}Value") or ""


def only_item(answer: Any) -> Any:  # noqa: ANN401
    """The one item of a response message."""
    (item,) = answer.find(f"{MESSAGES}Items")
    return item


def new_id(answer: Any) -> str:  # noqa: ANN401
    """The id of an item that was made or moved; empty where the server named none."""
    found = answer.find(f".//{TYPES}ItemId")
    return "" if found is None else str(found.get("Id"))


def id_of(found: Any, tag: str) -> str:  # noqa: ANN401
    """The id in the first element of that name."""
    return str(found.find(f".//{TYPES}{tag}").get("Id"))


def element(tag: str, *inside: Any) -> Any:  # noqa: ANN401
    """An element with others inside."""
    made = create_element(tag)
    made.extend(inside)
    return made


def text_element(tag: str, text: str) -> Any:  # noqa: ANN401
    """An element with a text."""
    made = create_element(tag)
    made.text = text
    return made


def extended_field(attributes: dict[str, str]) -> Any:  # noqa: ANN401
    """The name of a MAPI property."""
    return create_element("t:ExtendedFieldURI", attrs=attributes)


def shape(tag: str, *uris: str, extended: Iterable[dict[str, str]] = ()) -> Any:  # noqa: ANN401
    """What shall be told of each item or folder beside its id."""
    made = element(tag, text_element("t:BaseShape", "IdOnly"))
    fields = [create_element("t:FieldURI", attrs={"FieldURI": uri}) for uri in uris]
    fields += [extended_field(attributes) for attributes in extended]
    if fields:
        made.append(element("t:AdditionalProperties", *fields))
    return made


def folder_ref(folder_id: str) -> Any:  # noqa: ANN401
    """A folder by its id."""
    return create_element("t:FolderId", attrs={"Id": folder_id})


def item_ids(ids: Iterable[str]) -> Any:  # noqa: ANN401
    """Items by their ids."""
    made = create_element("m:ItemIds")
    for one in ids:
        SubElement(made, f"{TYPES}ItemId", {"Id": one})
    return made
