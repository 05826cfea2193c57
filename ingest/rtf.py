"""RTF to text, and the packed RTF of winmail.dat.

Total and linear: what is no RTF gives an empty text. Formatting is dropped. Source: RTF 1.9.1;
MS-OXRTFCP section 2.2; own decision 0136.
"""

import re
from typing import Final

MAX_CHARS: Final = 500_000
"""So much of an RTF is read, pictures and formatting included. own decision 0136."""

_TOKEN: Final = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)"
)
_BREAKS: Final = {"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": " "}
_SIGNS: Final = _BREAKS | {"tab": " ", "emdash": "–", "endash": "–", "bullet": "-", "lquote": "'"}
_ESCAPED: Final = {"\\": "\\", "{": "{", "}": "}", "~": " ", "_": "-", "\n": "\n", "\r": "\n"}
_NO_TEXT: Final = frozenset(
    str.split(
        "fonttbl colortbl stylesheet info pict object themedata datastore listtable"
        " listoverridetable rsidtbl xmlnstbl latentstyles filetbl revtbl generator"
    )
)
_HTML_BESIDE: Final = frozenset({"htmltag", "mhtmltag"})

# The words with which each dictionary begins. Source: MS-OXRTFCP section 2.1.2.1.
_BEGINNING: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_RING: Final = 4096
_PACKED, _PLAIN = b"LZFu", b"MELA"


def text_of(data: bytes) -> str:
    """The words of an RTF, or "" where it is none. In each group its marks end with it."""
    if data.lstrip()[:5] != rb"{\rtf":
        return ""
    said: list[str] = []
    hidden: list[bool] = [False]
    skip = 0
    for word, number, byte, sign, brace, text in _TOKEN.findall(data[:MAX_CHARS].decode("latin-1")):
        if brace == "{":
            hidden.append(hidden[-1])
        elif brace:
            del hidden[max(1, len(hidden) - 1) :]
        elif word in _NO_TEXT or word in _HTML_BESIDE or sign == "*":
            hidden[-1] = True
        elif hidden[-1]:
            continue
        elif word == "u" and number:
            said.append(chr(int(number) & 0xFFFF))
            skip = 1
        elif skip and (byte or text):
            said.append(text[1:])
            skip = 0
        else:
            said.append(_shown(word, byte, sign, text))
    return "".join(said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shown(word: str, byte: str, sign: str, text: str) -> str:
    if byte:
        return bytes.fromhex(byte).decode("cp1252", "replace")
    return text or _SIGNS.get(word, "") or _ESCAPED.get(sign, "")


def unpacked(data: bytes) -> bytes:
    """The RTF of a winmail.dat, at most `MAX_CHARS` of it; what is cut off ends early."""
    kind, packed = data[8:12], data[16:]
    if kind == _PLAIN:
        return packed[:MAX_CHARS]
    if kind != _PACKED:
        return b""
    ring = bytearray(_BEGINNING.ljust(_RING, b"\0"))
    at, out, position = len(_BEGINNING), bytearray(), 0
    while position < len(packed) and len(out) < MAX_CHARS:
        flags, position = packed[position], position + 1
        for bit in range(8):
            if not flags >> bit & 1:
                step = packed[position : position + 1]
                position += 1
            else:
                pair = int.from_bytes(packed[position : position + 2], "big")
                position += 2
                if pair >> 4 == at:
                    return bytes(out)
                step = _again(ring, pair >> 4, (pair & 15) + 2, at)
            for byte in step:
                ring[at] = byte
                at = (at + 1) % _RING
            out += step
    return bytes(out)


def _again(ring: bytearray, start: int, count: int, at: int) -> bytes:
    """Bytes that stood before; they may reach into what they themselves write."""
    seen = bytearray()
    for number in range(count):
        place = (start + number) % _RING
        behind = (place - at) % _RING
        seen.append(seen[behind] if behind < len(seen) else ring[place])
    return bytes(seen)
