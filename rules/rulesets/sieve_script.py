"""A small, safe reader of Sieve scripts: the tests and actions that rules of ours can say.

Linear in the length, bounded in depth, no extension but `fileinto` and `envelope`.
Source: RFC 5228 (grammar, section 8), RFC 5228 section 4.1 (fileinto); own decision 0041.
"""

import re
from dataclasses import dataclass, field
from typing import Final

MAX_CHARS: Final = 200_000
MAX_DEPTH: Final = 15
"""Source: RFC 5228 section 2.10.5 (an implementation must allow 15 levels of nesting)."""

_TOKEN: Final = re.compile(
    r"(?P<skip>\s+|\#[^\n]*|/\*.*?\*/)"
    r"|(?P<text>text:[ \t]*(?:\#[^\n]*)?\r?\n)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>[0-9]+[KMGkmg]?)"
    r"|(?P<tag>:[A-Za-z_]\w*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>[\[\](){},;])",
    re.DOTALL,
)
_TITLE: Final = re.compile(r"\#\s*rule:\[(.+)\]\s*", re.IGNORECASE)
"""How programs that keep such scripts write down what a rule is called, in the line before it.
Source: Roundcube's plugin managesieve, "rcube_sieve_script" (read 2026-11-28)."""

_UNITS: Final = {"k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the script with its line, and the name that stands in a comment before it."""

    kind: str
    text: str
    line: int
    title: str = ""


Argument = str | int | tuple[str, ...]
"""A tag (":contains"), a number in bytes, or a list of strings."""


@dataclass(frozen=True, slots=True)
class SieveTest:
    """A test with its arguments in order, and the tests inside it."""

    name: str
    arguments: tuple[Argument, ...]
    tests: tuple["SieveTest", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command: an action, or `if`, `elsif`, `else` with a block. `test` None: always.

    `title` is what the program that wrote the script calls it, empty where it does not say.
    """

    name: str
    arguments: tuple[Argument, ...]
    test: SieveTest | None
    block: tuple["Command", ...]
    line: int
    title: str = ""


class SieveFault(Exception):  # noqa: N818 - caught where the script is taken over
    """The script is no Sieve that can be read; `line` from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_script(text: str) -> tuple[Command, ...]:
    """The commands of a script. Raises: SieveFault. Source: RFC 5228 section 8."""
    if len(text) > MAX_CHARS:
        raise SieveFault(0, f"Das Skript hat mehr als {MAX_CHARS} Zeichen.")
    reader = _Reader(_tokens(text))
    commands = reader.commands(0)
    if reader.here.kind != "end":
        raise SieveFault(reader.here.line, f"„{reader.here.text}“ ist hier nicht erwartet.")
    return commands


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at, line, title = 0, 1, ""
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SieveFault(line, f"Das Zeichen „{text[at]}“ ist hier nicht erwartet.")
        kind, raw = match.lastgroup or "", match[0]
        if kind == "text":
            raw = _multiline(text, match.end(), line)
            found.append(Token("string", _undotted(raw), line))
            at, line = match.end() + len(raw), line + 1 + raw.count("\n")
            continue
        if kind == "string":
            found.append(Token(kind, re.sub(r"\\(.)", r"\1", raw[1:-1], flags=re.DOTALL), line))
        elif kind == "word":
            found.append(Token(kind, raw.lower(), line, title))
            title = ""
        elif kind != "skip":
            found.append(Token(kind, raw, line))
        elif told := _TITLE.fullmatch(raw):
            title = told[1].strip()
        at, line = match.end(), line + raw.count("\n")
    return [*found, Token("end", "Ende", line)]


def _multiline(text: str, start: int, line: int) -> str:
    """All up to and with the line of a single dot. Source: RFC 5228 section 2.4.2."""
    end = re.compile(r"^\.\r?\n?", re.MULTILINE).search(text, start)
    if end is None:
        raise SieveFault(line, "Der mehrzeilige Text hat kein Ende (eine Zeile mit einem Punkt).")
    return text[start : end.end()]


def _undotted(raw: str) -> str:
    lines = raw.splitlines()[:-1]
    return "\n".join(one.removeprefix(".") for one in lines)


@dataclass(slots=True)
class _Reader:
    """Recursive descent, one token ahead."""

    tokens: list[Token]
    at: int = field(default=0)

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def take(self, sign: str) -> bool:
        if self.here.kind == "sign" and self.here.text == sign:
            self.at += 1
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise SieveFault(self.here.line, f"„{sign}“ fehlt vor „{self.here.text[:40]}“.")

    def commands(self, depth: int) -> tuple[Command, ...]:
        if depth > MAX_DEPTH:
            raise SieveFault(self.here.line, "Das Skript ist zu tief verschachtelt.")
        found: list[Command] = []
        while self.here.kind == "word":
            found.append(self.command(depth))
        return tuple(found)

    def command(self, depth: int) -> Command:
        name, line, title = self.here.text, self.here.line, self.here.title
        self.at += 1
        arguments = self.arguments()
        test = self.test(depth + 1) if self.here.kind == "word" else None
        if self.take("{"):
            block = self.commands(depth + 1)
            self.need("}")
            return Command(name, arguments, test, block, line, title)
        self.need(";")
        return Command(name, arguments, test, (), line, title)

    def test(self, depth: int) -> SieveTest:
        if depth > MAX_DEPTH:
            raise SieveFault(self.here.line, "Das Skript ist zu tief verschachtelt.")
        if self.here.kind != "word":
            raise SieveFault(self.here.line, f"Eine Bedingung fehlt vor „{self.here.text[:40]}“.")
        name, line = self.here.text, self.here.line
        self.at += 1
        arguments = self.arguments()
        tests: list[SieveTest] = []
        if self.take("("):
            tests.append(self.test(depth + 1))
            while self.take(","):
                tests.append(self.test(depth + 1))
            self.need(")")
        elif self.here.kind == "word":
            tests.append(self.test(depth + 1))
        return SieveTest(name, arguments, tuple(tests), line)

    def arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        while True:
            token = self.here
            if token.kind == "tag":
                found.append(token.text.lower())
            elif token.kind == "number":
                unit = _UNITS.get(token.text[-1].lower(), 1)
                found.append(int(token.text.rstrip("KMGkmg")) * unit)
            elif token.kind == "string":
                found.append((token.text,))
            elif token.kind == "sign" and token.text == "[":
                found.append(self.strings())
                continue
            else:
                return tuple(found)
            self.at += 1

    def strings(self) -> tuple[str, ...]:
        self.need("[")
        found: list[str] = []
        while self.here.kind == "string":
            found.append(self.here.text)
            self.at += 1
            if not self.take(","):
                break
        self.need("]")
        return tuple(found)
