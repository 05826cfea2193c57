"""Descriptions of machine-made messages: TOML in, frozen values out, every mistake named.

Source: own decision 0008 (layouts are data, so that an admin can add one without code).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.rows import plain
from rules.codes import Channel
from rules.errors import Refused


@dataclass(frozen=True, slots=True)
class Marks:
    """How a layout is recognised: phrases in plain spelling, and how many kinds must be met.

    Kinds are sender, subject, text and (two known labels in the head) labels.
    """

    sender: tuple[str, ...]
    subject: tuple[str, ...]
    text: tuple[str, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class FreeText:
    """Where the customer's own words are: after which labels, and what ends them.

    `after_head`: without such a label, all that follows the head is his. All in plain spelling.
    """

    labels: frozenset[str]
    after_head: bool
    ends: tuple[str, ...]
    labels_after: frozenset[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """One description. `keys` leads from the plain spelling of a label to its key."""

    id: str
    channel: Channel
    topics: tuple[tuple[Channel, tuple[str, ...]], ...]
    marks: Marks
    keys: Mapping[str, str]
    free_text: FreeText


@dataclass(frozen=True, slots=True)
class Layouts:
    """All descriptions in the order of their file names; on a tie the first one wins."""

    layouts: tuple[Layout, ...] = ()


def load(toml_texts: Mapping[str, str]) -> Layouts:
    """The layouts out of TOML texts by file name (domain/forms/*.toml; docs/forms.md).

    Raises:
        Refused: a description is wrong (`form.layout_invalid`; details: file, key, remedy).
    """
    loaded: dict[str, Layout] = {}
    for file in sorted(toml_texts):
        layout = _layout(_Table(file, "", _parsed(file, toml_texts[file])))
        if layout.id in loaded:
            raise _invalid(file, "id", f"choose another id, {layout.id!r} is taken")
        loaded[layout.id] = layout
    return Layouts(tuple(loaded.values()))


def _parsed(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise _invalid(file, "", f"make it valid TOML ({wrong})") from wrong


def _invalid(file: str, key: str, remedy: str) -> Refused:
    return Refused(
        "form.layout_invalid",
        f"The form layout {file}, key {key or '(file)'!r}: {remedy}.",
        file=file,
        key=key,
        remedy=remedy,
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A TOML table that knows where it stands, for the error messages."""

    file: str
    where: str
    values: dict[str, Any]

    def wrong(self, key: str, remedy: str) -> Refused:
        return _invalid(self.file, f"{self.where}{key}", remedy)

    def only(self, *allowed: str) -> None:
        for key in self.values:
            if key not in allowed:
                raise self.wrong(key, f"remove it; known here are {', '.join(allowed)}")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "give a text")
        return value

    def channel(self, key: str) -> Channel:
        try:
            return Channel(self.text(key))
        except ValueError:
            raise self.wrong(key, f"give one of {', '.join(Channel)}") from None

    def phrases(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and plain(v) for v in value):
            raise self.wrong(key, "give a list of texts with letters or digits")
        return tuple(plain(v) for v in value)

    def number(self, key: str, default: int, allowed: range) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or value not in allowed:
            raise self.wrong(key, f"give a whole number from {allowed[0]} to {allowed[-1]}")
        return value

    def switch(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "give true or false")
        return value

    def table(self, key: str) -> "_Table":
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"write it as a table [{key}]")
        return _Table(self.file, f"{self.where}{key}.", value)

    def tables(self, key: str) -> list["_Table"]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, f"write it as tables [[{key}]]")
        return [_Table(self.file, f"{self.where}{key}[{n}].", v) for n, v in enumerate(value)]


def _layout(table: _Table) -> Layout:
    table.only("id", "channel", "channel_by_topic", "recognise", "labels", "free_text")
    free_text, own_labels = _free_text(table.table("free_text"))
    topics = []
    for rule in table.tables("channel_by_topic"):
        rule.only("channel", "topics")
        topics.append((rule.channel("channel"), rule.phrases("topics")))
    return Layout(
        id=table.text("id"),
        channel=table.channel("channel"),
        topics=tuple(topics),
        marks=_marks(table.table("recognise")),
        keys=_keys(table.table("labels")) | own_labels,
        free_text=free_text,
    )


def _marks(table: _Table) -> Marks:
    table.only("sender", "subject", "text", "needed")
    marks = Marks(
        sender=table.phrases("sender"),
        subject=table.phrases("subject"),
        text=table.phrases("text"),
        needed=table.number("needed", 2, range(1, 5)),
    )
    if not (marks.sender or marks.text):
        raise table.wrong(
            "sender", "give phrases for sender or text; a subject alone proves nothing"
        )
    return marks


def _keys(table: _Table) -> dict[str, str]:
    keys: dict[str, str] = {}
    for key in table.values:
        for label in table.phrases(key):
            if keys.setdefault(label, key) != key:
                raise table.wrong(key, f"remove the label {label!r}; it belongs to {keys[label]!r}")
    return keys


def _free_text(table: _Table) -> tuple[FreeText, dict[str, str]]:
    table.only("labels", "after_head", "ends", "labels_after")
    labels, after = table.phrases("labels"), table.phrases("labels_after")
    free_text = FreeText(
        labels=frozenset(labels),
        after_head=table.switch("after_head"),
        ends=table.phrases("ends"),
        labels_after=frozenset(after),
    )
    return free_text, dict.fromkeys(after, "machine") | dict.fromkeys(labels, "free_text")
