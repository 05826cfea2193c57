"""The best text of a message out of its leaves.

Plain text is preferred to HTML, unless it is empty or only says that there is HTML.
Source: own decision 0007; RFC 2046 section 5.1.4 (alternatives); RFC 3676 (format=flowed).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest import charset, file_text, html, transfer
from ingest.mime import Leaf
from rules.mail import TEXT_CUT

MAX_TEXT_CHARS = 500_000
"""Characters of text that are kept. Source: own decision 0007 (about 250 printed pages)."""

MAX_TEXT_BYTES = 4 * MAX_TEXT_CHARS
"""Bytes of a text part that are decoded. Source: own decision 0007 (UTF-8 takes up to four)."""

_NEAR_BYTES = 4_000

_NO_LETTERS = frozenset(
    str.split(
        "text/calendar text/css text/csv text/directory text/rfc822-headers text/vcard text/x-vcard"
    )
)
"""Types of text that programs write, for programs."""
_NO_MESSAGE = _NO_LETTERS | {"text/rtf", "text/xml"}
_ENCODED = frozenset(("base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue"))
_ENRICHED = frozenset({"text/enriched", "text/richtext"})
_LETTERS = (".txt", ".htm", ".html")

MAX_ELSEWHERE_CHARS = 50_000
"""Characters of files beside the message that are read. Source: own decision 0136."""

LEAST_COUNTED_CHARS = 2_500
"""So many each file counts as, however little it says: a packed one may hold a thousand times its
size of nothing. So twenty are opened at least. Source: own decision 0157."""

_STUB = re.compile(
    r"(?:unterstützt|anzeig|darstell|support|display|view|enable|requires?).{0,60}html"
    r"|html.{0,60}(?:unterstützt|anzeig|darstell|support|view|format|version)"
    r"|^\W{0,3}html[- ](?:nachricht|e-?mail|mail|message|only)\W{0,3}$"
    r"|im browser (?:ansehen|anzeigen|öffnen)",
    re.IGNORECASE | re.DOTALL,
)
_EMPTY_WORDS = re.compile(
    r"(?:\s|&(?:nbsp|#160|#xA0|zwnj|shy);|\[cid:[^\]\s]{1,200}\]|\[image: [^\]]{1,200}\])*"
    r"(?:this is a multi-?part message in mime format\.?|"
    r"\W{0,3}(?:dies(?:e|er) |your |ihr )?(?:e-?mail|mail|nachricht|message)[- ]?"
    r"(?:programm|client|program|software)[^.]{0,60}\b(?:nicht|not|cannot)\b[^.]{0,60}\.?|)\s*",
    re.IGNORECASE,
)
"""What stands for nothing in the plain alternative of some programs."""
_PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
_MARKUP = re.compile(
    r"\s*(?:<!doctype html|<html[\s>]|<\?xml[^<>]{0,200}>\s*<(?:!doctype )?html)", re.IGNORECASE
)
_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    r"""The text (line ends "\n"), the first HTML part as it came, and the defects met.

    `elsewhere` is what other parts say: the other alternative, files of text, messages inside with
    their subjects.
    """

    text: str
    html: str
    defects: tuple[str, ...]
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    markup: bool
    choice: str


def is_text(leaf: Leaf) -> bool:
    """Whether a leaf is text of the message, not an attachment."""
    if leaf.disposition == "attachment" or not leaf.content_type.startswith("text/"):
        return False
    if leaf.content_type not in {"text/plain", "text/html"}:
        return _is_other_text(leaf)
    return not leaf.name or bool(leaf.choice) or leaf.path.rpartition("/")[2] == "1"


def _is_other_text(leaf: Leaf) -> bool:
    """Text of another type is the message where it stands first and nothing else says the same."""
    first = leaf.path.rpartition("/")[2] == "1"
    return first and not leaf.name and not leaf.choice and leaf.content_type not in _NO_MESSAGE


def read(leaves: Sequence[Leaf]) -> Body:
    """The text of the message: of each alternative the better one, all other text parts in order.

    Where the message itself has no text, that of the messages in it is taken, the outer ones first.
    """
    by_depth: dict[int, list[Leaf]] = {0: []}
    files: list[Leaf] = []
    for leaf in leaves:
        if is_text(leaf):
            by_depth.setdefault(leaf.path.count("/"), []).append(leaf)
        elif _is_letter(leaf):
            files.append(leaf)
    bodies = [_of_one_depth(by_depth[depth]) for depth in sorted(by_depth)]
    read = next((body for body in bodies if body.text.strip()), bodies[0])
    subjects = dict.fromkeys(leaf.message_subject for leaf in leaves)
    if not files and len(bodies) == 1 and not any(subjects):
        return read
    others = [*subjects, read.elsewhere, *[body.text for body in bodies if body is not read]]
    letters = [*_letters(files)]
    # Of a full share who judges sees by its length that there is more.
    is_cut = len(letters) < len(files) and sum(map(len, letters)) < MAX_ELSEWHERE_CHARS
    return replace(
        read,
        elsewhere="\n\n".join(filter(str.strip, [*others, *letters])),
        defects=(*read.defects, TEXT_CUT) if is_cut else read.defects,
    )


def _is_letter(leaf: Leaf) -> bool:
    """Whether a file is a letter, by its type, or by its name where that says nothing."""
    if file_text.kind_of(leaf):
        return True
    if leaf.content_type == "application/octet-stream":
        return leaf.name.lower().endswith(_LETTERS)
    return leaf.content_type.startswith("text/") and leaf.content_type not in _NO_LETTERS


def _letters(files: list[Leaf]) -> Iterator[str]:
    """The texts of files, until they are more than anybody reads."""
    left = MAX_ELSEWHERE_CHARS
    for leaf in files:
        if left <= 0:
            return
        text = _letter(leaf)
        yield text[:left]
        left -= max(len(text), LEAST_COUNTED_CHARS)


def _letter(leaf: Leaf) -> str:
    if file_text.kind_of(leaf):
        return file_text.text_of(leaf)
    piece = _piece(leaf, [])
    markup = piece.markup or leaf.name.lower().endswith(_LETTERS[1:])
    return html.to_text(piece.text) if markup else piece.text


def _of_one_depth(leaves: list[Leaf]) -> Body:
    defects: list[str] = []
    pieces = [_piece(leaf, defects) for leaf in leaves]
    chosen = [piece for piece in pieces if not piece.choice or _wins(piece, pieces)]
    text = "\n".join(_told_once(chosen)).strip("\n")
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS]
        defects.append(TEXT_CUT)
    if not text.strip():
        defects.append("text.empty")
    if text.lstrip().startswith(_PGP_MESSAGE):
        defects.append("mail.encrypted")
    markup = next((piece.text for piece in pieces if piece.markup), "")
    other = "" if len(chosen) == len(pieces) else _not_chosen(pieces, chosen)
    return Body(text, markup, tuple(dict.fromkeys(defects)), other)


def _told_once(chosen: list[_Piece]) -> Iterator[str]:
    """Their texts; not that of HTML which says what the part above it said."""
    before: list[str] = []
    for piece in chosen:
        text = _plain(piece)
        if len(chosen) > 1:
            words = text.split()
            if piece.markup and words == before:
                continue
            before = words
        if text:
            yield text


def _not_chosen(pieces: list[_Piece], chosen: list[_Piece]) -> str:
    """The plain alternatives that lost; what markup says more is for the readers of `html`."""
    lost = [piece.text for piece in pieces if not piece.markup and piece not in chosen]
    return "\n".join(filter(str.strip, lost))


def _piece(leaf: Leaf, defects: list[str]) -> _Piece:
    content = leaf.content()
    data = content.data if leaf.encoding in _ENCODED else transfer.undeclared(content.data)
    if len(data) > MAX_TEXT_BYTES:
        data = _beginning(data)
        defects.append(TEXT_CUT)
    label = leaf.params.get("charset", "")
    markup = leaf.content_type == "text/html" or leaf.content_type in _ENRICHED
    if markup and not label:
        meta = _META_CHARSET.search(data[:2_000])
        label = meta[1].decode("ascii") if meta else ""
    decoded = charset.decode(data, label)
    repaired = charset.repair(decoded.text)
    cleaned = charset.clean(repaired.text)
    defects += content.defects + decoded.defects + repaired.defects + cleaned.defects
    text = cleaned.text
    if markup and html.is_too_deep(text):
        defects.append("html.too_deep")
    if leaf.params.get("format", "").lower() == "flowed" and not markup:
        text = unflowed(text, leaf.params.get("delsp", "").lower())
    return _Piece(text, markup or bool(_MARKUP.match(text)), leaf.choice)


def _beginning(data: bytes) -> bytes:
    """Up to the end of a line or word: a cut inside a letter would look like a wrong charset.

    Only where one is near: some programs write a whole text as one line.
    """
    head = data[:MAX_TEXT_BYTES]
    near = len(head) - _NEAR_BYTES
    end = head.rfind(b"\n", near)
    end = end if end >= 0 else head.rfind(b" ", near)
    return head[:end] if end >= 0 else head


def _wins(piece: _Piece, pieces: list[_Piece]) -> bool:
    """Whether this alternative is the one to read among those of its choice."""
    group = [other for other in pieces if other.choice == piece.choice]
    plain = "\n".join(other.text for other in group if not other.markup)
    marked = any(other.markup for other in group)
    said = any(map(str.isalnum, plain)) if marked else bool(plain.strip())
    readable = said and not (marked and len(plain) < 500 and _is_stub(plain))
    return piece.markup != (readable or not marked)


def _is_stub(plain: str) -> bool:
    if len(plain) < 300 and _EMPTY_WORDS.fullmatch(plain):
        return True
    lower = plain.lower()
    return ("html" in lower or "browser" in lower) and bool(_STUB.search(plain))


def _plain(piece: _Piece) -> str:
    return html.to_text(piece.text) if piece.markup else piece.text


def unflowed(text: str, delsp: str) -> str:
    """Soft line breaks of format=flowed joined. Source: RFC 3676 sections 4.1 to 4.5."""
    out: list[str] = []
    open_quote: str | None = None
    for line in text.split("\n"):
        quote = line[: len(line) - len(line.lstrip(">"))]
        content = line[len(quote) :].removeprefix(" ")
        soft = content.endswith(" ") and content != "-- "
        if soft and delsp == "yes":
            content = content[:-1]
        if open_quote == quote and content != "-- ":
            out[-1] += content
        else:
            out.append(f"{quote} {content}" if quote else content)
        open_quote = quote if soft else None
    return "\n".join(out)
