"""What LIST says, answer by answer: one that can't be read hides no other folder.

Source: RFC 3501 section 7.2.2; own decision 0142.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient, imap_utf7
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

_NOT_SELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})
"""Source: RFC 3501 section 7.2.2; RFC 5258 section 3."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A name of the server's in human letters, levels still parted its way."""

    name: str
    separator: str
    selectable: bool


def answers(data: Sequence[Any]) -> Iterator[list[Any]]:
    """The pieces of each answer: imaplib gives a literal as a pair, and then what follows it."""
    pieces: list[Any] = []
    for piece in data:
        if piece is None:
            continue
        pieces.append(piece)
        if isinstance(piece, bytes):
            yield pieces
            pieces = []
    if pieces:
        yield pieces


def listed(client: IMAPClient, pattern: str) -> list[Listed]:
    """The folders that match; names in no modified UTF-7, and answers that are none, are left out.

    Such a folder was made by another program, and no name of ours leads to it.
    """
    said = client._command_and_check("list", '""', client._normalise_folder(pattern))  # noqa: SLF001 - no public way
    return [one for answer in answers(said) if (one := _read(answer)) is not None]


def _read(answer: list[Any]) -> Listed | None:
    try:
        flags, separator, word, *_ = parse_response(answer)
        name = str(word) if isinstance(word, int) else imap_utf7.decode(word)
        is_none = {flag.lower() for flag in flags or ()} & _NOT_SELECTABLE
        parted = separator.decode("ascii") if separator else ""
    except (ProtocolError, ValueError, TypeError, AttributeError):
        return None
    return Listed(name, parted, selectable=not is_none) if isinstance(name, str) else None
