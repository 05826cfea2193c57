"""No regular expression of the house takes the square of the length of what a stranger sends.

Each is tried as it is used, on texts made from itself (tests/attacks.py).
"""

import ast
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from tests import attacks

ROOT = Path(__file__).parents[2]
ROOMS = ("rules", "ingest", "classify", "store", "outbox", "triage", "api")
SEARCHES = frozenset({"search", "finditer", "findall", "sub", "subn", "split"})
METHODS = SEARCHES | {"match", "fullmatch"}

TINY, SHORT, LONG = 22, 1_000, 4_000
SQUARE = 10
"""Of four times as much: linear is 4, the square 16."""
_LEAST_SECONDS = 0.0003
_ENDLESS_SECONDS = 0.05
"""So long takes a pattern with as few signs as `TINY` whose time doubles with each."""

_JUDGED = "the judged text has 6,000 characters"
_SUBJECT = "a subject has 2,000 characters"
BOUNDED = {
    "classify.corpus.check._TAG": "texts of the house",
    "classify.facts.attached.BY_NEEDLE": _JUDGED,
    "classify.facts.attached._REPLY": _SUBJECT,
    "classify.facts.attached._ASKED": _JUDGED,
    "classify.facts.attached._NOT_IN_THIS_MAIL": _JUDGED,
    "classify.facts.beside_name._IN_BRACKETS": "a last line has 2,000 characters",
    "classify.facts.closing._OTHER_NUMBERS": "a last line has 2,000 characters",
    "classify.facts.named_places._LINKS_BEHIND": "names of places of three words",
    "classify.facts.whereabouts._PLACE_PLZ": "80 characters before the number",
    "classify.facts.whose_number._FORWARDED": _SUBJECT,
    "classify.facts.whose_number._HANDED_ON": _SUBJECT,
    "classify.one_line._NUMBER": _JUDGED,
    "classify.sender_lines._SAYS_WHO": "120 characters of a line",
    "classify.wording._NUMBERS": _JUDGED,
    "ingest.body._EMPTY_WORDS": "texts of 300 characters",
    "ingest.dates._MONTH_FIRST": "200 bytes of a field",
    "ingest.seams.earlier._ATTRIBUTION": "400 characters of a line",
    "ingest.seams.head.DRAWN": "asked at the beginning of a line only",
    "ingest.seams.head.SENDER": "asked at the beginning of a line only",
    "ingest.seams.head._HEADING": "100 characters of a line",
    "triage.marks.quicksteps._LINK": "a page of the house",
}
"""Patterns that are slow on long texts, by module and name, and what keeps theirs short."""


def test_no_pattern_takes_the_square_of_a_text() -> None:
    uses = _uses()
    tried: set[tuple[int, str]] = set()
    names, slow = set(), set()
    for name, pattern in _patterns():
        names.add(name)
        for how in _ways(uses.get(name, METHODS)):
            if (id(pattern), how) not in tried and _is_slow(pattern, how):
                slow.add(name)
            tried.add((id(pattern), how))
    assert slow <= BOUNDED.keys()
    assert BOUNDED.keys() <= names


def test_a_slow_pattern_would_be_found() -> None:
    for pattern, how in (
        (r"[ ]*\t", "search"),
        (r"a\s*[:=]\s*[\"']?\s*b", "match"),
        (r"(?:\w+\s*)+!", "fullmatch"),
        (r"(?m)^--(\S[^\n]*?)[ \t]*$", "search"),
        (r"\bmein\b.*\bsoll\b", "search"),
    ):
        assert _is_slow(re.compile(pattern), how), pattern
    assert not _is_slow(re.compile(r"\s*a"), "match")
    assert not _is_slow(re.compile(r"(?<!\s)\s+\Z"), "search")


def _patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """All that stand in modules, also inside of what stands there, by module and name."""
    seen: set[str] = set()
    for room in ROOMS:
        for found in walk_packages(import_module(room).__path__, f"{room}."):
            if found.name.endswith("__main__"):
                continue
            module = import_module(found.name)
            for name, value in sorted(vars(module).items()):
                if _is_own(module, name, value):
                    for pattern in _inside(value, 0):
                        key = f"{found.name}.{name}"
                        if (known := f"{key} {pattern.pattern!r}") not in seen:
                            seen.add(known)
                            yield key, pattern


def _is_own(module: ModuleType, name: str, value: object) -> bool:
    return not name.startswith("__") and not isinstance(value, ModuleType | type)


def _inside(value: object, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 4:
        return
    elif isinstance(value, Mapping):
        yield from (one for part in value.values() for one in _inside(part, depth + 1))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (one for part in value for one in _inside(part, depth + 1))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _inside(getattr(value, field.name, None), depth + 1)
    elif isinstance(bound := getattr(value, "__self__", None), re.Pattern):
        yield bound


def _uses() -> Mapping[str, set[str]]:
    """By which methods each pattern of a module's own is asked; any, if it is handed on."""
    found: dict[str, set[str]] = defaultdict(set)
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            tree = ast.parse(path.read_text("utf-8"))
            asked: set[int] = set()
            nodes: list[Any] = [*ast.walk(tree)]
            for node in nodes:
                if _asks_a_name(node):
                    asked.add(id(node.value))
                    found[f"{module}.{node.value.id}"].add(node.attr)
            for node in nodes:
                is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
                if is_read and id(node) not in asked:
                    found[f"{module}.{node.id}"] |= METHODS
    return {
        name: ways & METHODS for name, ways in found.items() if name.rpartition(".")[2][0] == "_"
    }


def _asks_a_name(node: Any) -> bool:
    is_part = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return is_part and node.attr in {*METHODS, "pattern", "flags"}


def _ways(methods: set[str] | frozenset[str]) -> list[str]:
    """One of those that search is as good as another."""
    return [*(["search"] if methods & SEARCHES else []), *sorted(methods - SEARCHES)]


def _is_slow(pattern: re.Pattern[Any], how: str) -> bool:
    ask = _finds_all(pattern) if how == "search" else getattr(pattern, how)
    for begin, part in attacks.on(pattern):
        tiny, short, long = (_as(pattern, begin, part, size) for size in (TINY, SHORT, LONG))
        if _once(ask, tiny) > _ENDLESS_SECONDS and _once(ask, tiny) > _ENDLESS_SECONDS:
            return True
        if _once(ask, short) < _LEAST_SECONDS:
            continue
        # Other work on the machine may slow one of both; a square is one each time.
        if all(_once(ask, long) > SQUARE * _seconds(ask, short) for _ in range(4)):
            return True
    return False


def _finds_all(pattern: re.Pattern[Any]) -> Callable[[Any], object]:
    return lambda text: sum(1 for _ in pattern.finditer(text))


def _as(pattern: re.Pattern[Any], begin: str, part: str, size: int) -> str | bytes:
    text = begin + (part * size)[:size] + "\0"
    return text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")


def _seconds(ask: Callable[[Any], object], text: str | bytes) -> float:
    return min(_once(ask, text) for _ in range(2))


def _once(ask: Callable[[Any], object], text: str | bytes) -> float:
    begin = time.process_time()
    ask(text)
    return time.process_time() - begin
