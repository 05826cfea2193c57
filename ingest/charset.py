"""Bytes to text: never fails, and says where it had to guess.

The chain is: the label, if it is known and fits; else UTF-8; and each byte that is no UTF-8 as
Windows-1252, the character set of the programs that lie about it.
Source: own decision 0007; WHATWG Encoding Standard, section 4.2 (labels); RFC 2045 section 5.2.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

_CP1252 = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte)  # five bytes have no letter: C1 controls
    for byte in range(256)
)
_ESCAPED = {0xDC00 + byte: _CP1252[byte] for byte in range(128, 256)}
_WESTERN = frozenset(
    str.split(
        "ascii us-ascii iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 cp1252 windows-1252 ansi "
        "x-cp1252 ansi_x3.4-1968 iso646-us"
    )
)
_PLAIN = _WESTERN | {"", "utf-8", "utf8", "iso-8859-15", "windows-1250"}
_RENAMED = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "ks_c_5601-1987": "cp949",
    "macintosh": "mac-roman",
    "unicode": "utf-16",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "x-mac-roman": "mac-roman",
    "x-sjis": "cp932",
}
_REFUSED = frozenset(
    str.split(
        "utf-7 utf7 u7 unicode-1-1-utf-7 x-unicode-2-0-utf-7 csunicode11utf7 idna punycode "
        "unicode-escape unicode_escape raw-unicode-escape raw_unicode_escape undefined mbcs oem"
    )
)
_UTF16_MARKS = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,39}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile("[\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Soft hyphens, direction marks, spaces without width: nobody sees them, and a number or word that
they stand in is found by no rule. Joiners stay: they change letters. Source: Unicode 15, chapter
23.2 and 23.3."""
_MOST_MARKS = 30
"""Marks on one letter. Source: UAX 15, section 13 (Stream-Safe Text Format)."""
_PILE = re.compile(rf"[^\x00-\u02ff\w\s]{{{_MOST_MARKS + 1},}}")
"""May be marks without end on one letter: to put them in their order takes the square of the time.
No such mark is a letter, a digit or below U+0300."""
_CONTROL_BYTES = bytes([*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0xAD])
_LINE_ENDS = re.compile(r"[\x0b\x0c\u2028\u2029]")
# What is printable holds no control characters; asking that is five times as fast as searching.
_MOJIBAKE_BEGINS = ("Ã", "â€", "â‚", "Â")
_MOJIBAKE = re.compile(r"Ã[\x80-\xbfŸŠŽšžŒœƒˆ˜‘’‚“”„†‡•…‰‹›€™–—]|â€.|â‚¬|Â[\xa0§°]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the defects met on the way to it, as stable codes."""

    text: str
    defects: tuple[str, ...] = ()


def decode(data: bytes, label: str = "") -> Decoded:
    """The text of `data`, whose sender claims the character set `label` (empty: none claimed).

    Total. UTF-7 is refused (it hides markup from filters) and read as if there were no label.
    Latin-1 and ASCII mean Windows-1252, as in every browser; bytes so labelled that are valid
    UTF-8 are UTF-8. Source: WHATWG Encoding Standard, section 4.2; own decision 0007.
    """
    name = _normal(label) if label else ""
    if data[:2] in _UTF16_MARKS and (marked := _utf16(data)) is not None:
        return marked
    if name in _PLAIN and data.isascii():
        return Decoded(data.decode("ascii"))
    if not name:
        return _without_label(data)
    if name in _WESTERN:
        return _western(data)
    if not known(name):
        code = "charset.refused" if name in _REFUSED else "charset.unknown"
        return Decoded(_without_label(data).text, (code,))
    try:
        return Decoded(data.decode(name))
    except ValueError:  # UnicodeError is one; a few codecs raise the bare kind
        return Decoded(_without_label(data).text, ("charset.wrong",))


def repair(text: str) -> Decoded:
    """`text` with UTF-8 that was read as Windows-1252 put right ("GrÃ¼ÃŸe"), where that is certain.

    Certain means: the whole text turns into valid UTF-8; else only the pairs that stand for one
    character, and that no language writes, are put right. Source: own decision 0007.
    """
    if text.isascii() or not _may_be_mojibake(text) or not _MOJIBAKE.search(text):
        return Decoded(text)
    whole = _reread(text)
    fixed = whole if whole is not None else _MOJIBAKE.sub(_reread_pair, text)
    return Decoded(fixed, ("charset.mojibake",) if fixed != text else ())


def _may_be_mojibake(text: str) -> bool:
    for mark in _MOJIBAKE_BEGINS:  # noqa: SIM110 - a third of the time of `any`, at every field
        if mark in text:
            return True
    return False


def clean(text: str) -> Decoded:
    r"""`text` with line ends as "\n", composed letters (NFC), and no control characters but tab.

    Nor are there invisible marks between letters; they are no defect.

    The result can always be stored and shown: no NUL, no lone surrogate.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _is_plain(text):
        return Decoded(text)
    text = composed(text)
    if _is_clean(text):
        return Decoded(text)
    text = visible(text)
    if not _CONTROLS.search(text):
        return Decoded(text)
    text = _LINE_ENDS.sub("\n", text)
    kept = _CONTROLS.sub("", text)
    return Decoded(kept, ("text.control_characters",) if len(kept) < len(text) else ())


def composed(text: str) -> str:
    """`text` with composed letters (NFC), and no more marks on one than any language writes."""
    if text.isascii():
        return text
    text = _PILE.sub(_lower_pile, text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def visible(text: str) -> str:
    """`text` without the marks that nobody sees, nor those that are piled up on one letter."""
    return text if text.isascii() else _PILE.sub(_lower_pile, _INVISIBLE.sub("", text))


def _lower_pile(pile: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for sign in pile[0]:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _is_plain(text: str) -> bool:
    """Whether it is Latin-1, where all letters are composed, without control characters.

    A third of the time of asking for each by itself. Source: UAX 15, "NFC_Quick_Check".
    """
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return len(data.translate(None, _CONTROL_BYTES)) == len(data)


def _is_clean(text: str) -> bool:
    """Whether it surely holds no control characters: none of them is printable."""
    return text.replace("\n", " ").replace("\t", " ").replace("\xa0", " ").isprintable()


def known(label: str) -> bool:
    """Whether Python has a text codec of this name that the house allows."""
    name = _normal(label)
    if name in _REFUSED or not _LABEL.fullmatch(name):
        return False
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return False
    return bool(getattr(codec, "_is_text_encoding", True))


def _normal(label: str) -> str:
    name = label.strip(" \t'\"").lower()
    return _RENAMED.get(name, name)


def _utf16(data: bytes) -> Decoded | None:
    """By its byte order mark, which no other text begins with."""
    try:
        return Decoded(data.decode("utf-16"))
    except UnicodeDecodeError:
        return None


def _without_label(data: bytes) -> Decoded:
    """UTF-8; and each byte that is none, by itself, as Windows-1252."""
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape").translate(_ESCAPED)
        return Decoded(text, ("charset.guessed",))


def _western(data: bytes) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"), ("charset.wrong",))
    except UnicodeDecodeError:
        return Decoded(codecs.charmap_decode(data, "strict", _CP1252)[0])


def _reread(text: str) -> str | None:
    try:
        return codecs.charmap_encode(text, "strict", _ENCODE)[0].decode("utf-8")
    except UnicodeError:
        return None


def _reread_pair(match: re.Match[str]) -> str:
    found = _reread(match[0])
    return found if found is not None else match[0]


_ENCODE = codecs.charmap_build(_CP1252)
