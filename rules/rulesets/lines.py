"""In which line of a TOML text a key stands; Python's own reader tells no lines.

Enough for naming a place to a person: what stands inside a text of several lines may be
misread, and then the line of the table above is named. Source: own decision 0037.
"""

import re
from collections import Counter
from typing import Final

Path = tuple[str | int, ...]

_TABLE: Final = re.compile(r"\s*(\[\[?)\s*([\w.\"-]{1,200})\s*\]\]?")
_KEY: Final = re.compile(r"\s*([\w.\"-]{1,200})\s*=")
_ERROR_LINE: Final = re.compile(r"at line (\d{1,9})")


def lines_of(text: str) -> dict[Path, int]:
    """Each table and key by its path; items of arrays of tables by number from 0.

    ("regel", 0, "wenn", "betreff"). Source: TOML 1.0; own decision 0037.
    """
    found: dict[Path, int] = {}
    counts: Counter[Path] = Counter()
    at: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        table, key = _TABLE.match(line), _KEY.match(line)
        if table:
            at = _within(table[2].split("."), counts)
            if table[1] == "[[":
                counts[at] += 1
                at = (*at, counts[at] - 1)
            found.setdefault(at, number)
        elif key:
            found.setdefault((*at, *key[1].replace('"', "").split(".")), number)
    return found


def nearest(lines: dict[Path, int], path: Path) -> int:
    """The line of the path, or of the nearest thing around it; 0 if there is none.

    Source: own decision 0037.
    """
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 0


def line_of_error(message: str, text: str) -> int:
    """The line that Python's TOML reader names in its error, else the last one.

    Own decision 0037.
    """
    found = _ERROR_LINE.search(message)
    return int(found[1]) if found else max(1, len(text.splitlines()))


def _within(names: list[str], counts: Counter[Path]) -> Path:
    """The path with the number of the last item where a name is an array of tables."""
    path: Path = ()
    for position, name in enumerate(names):
        path = (*path, name.strip('" '))
        if position < len(names) - 1 and counts[path]:
            path = (*path, counts[path] - 1)
    return path
