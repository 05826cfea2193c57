"""Machine-made messages (eService, contact form, portal) read by their layout descriptions.

Source: own decision 0008; label guide, "channel"; docs/forms.md.
"""

import re
from collections.abc import Container

from ingest.layouts import Layout, Layouts, load
from ingest.rows import Row, from_markup, is_rule, plain, rows
from rules.codes import Channel
from rules.mail import Form, FormField

__all__ = ["NO_LAYOUTS", "Layout", "Layouts", "load", "read"]

NO_LAYOUTS = Layouts()
"""Recognises no form; the default of `ingest.parse.parse`."""

MAX_LINES = 400
"""Lines of a message that are searched for a form. Source: own decision 0008 (forms seen: 40)."""

ENOUGH_LABELS = 3
"""Different known labels in the head that count as a mark. Source: own decision 0008."""

_TICKED = re.compile(r"\[[xX✓]\]([^\[\]]{1,200})(?=\[|$)")
_NO_REPLY = ("noreply", "no reply", "donotreply", "do not reply")

HEAD_LINES = 30
"""Lines from the top in which a layout must show itself. Source: own decision 0008."""


def read(subject: str, sender: str, body_text: str, layouts: Layouts) -> Form | None:
    """The form, if a layout recognises the message; the layout with the most marks reads it.

    `sender` is the bare address. Total: any text gives a form or None.
    """
    if not layouts.layouts:
        return None
    subject_words, sender_words = plain(subject), plain(sender)
    best, most = None, 0
    for layout in layouts.layouts:
        found = _marks_met(layout, subject_words, sender_words, body_text)
        if found > most:
            best, most = layout, found
    if best is None:
        return None
    return _form(best, subject, body_text.split("\n", MAX_LINES)[:MAX_LINES])


def _marks_met(layout: Layout, subject: str, sender: str, body_text: str) -> int:
    """How many kinds of marks are met; 0 if too few. A person's sender address costs one more.

    People write "Veränderung mitteilen" in their subjects too; machines rarely sign as persons.
    """
    marks = layout.marks
    by_sender = _any(marks.sender, sender)
    by_subject = _any(marks.subject, subject)
    machine = by_sender or sender.startswith(_NO_REPLY)
    if not (by_subject or machine):
        return 0  # text and labels alone can't be enough for a person's address
    head = body_text.split("\n", HEAD_LINES)[:HEAD_LINES]
    met = by_sender + by_subject + _any(marks.text, plain("\n".join(head)))
    known = {
        row.key for row in from_markup("\n".join(head), layout.keys) or rows(head, layout.keys)
    }
    met += len(known - {""}) >= ENOUGH_LABELS
    return met if met >= marks.needed + (not machine) else 0


def _any(phrases: tuple[str, ...], text: str) -> bool:
    for phrase in phrases:  # noqa: SIM110 - a third of the time of `any`, on the path of every mail
        if phrase in text:
            return True
    return False


def _form(layout: Layout, subject: str, lines: list[str]) -> Form:
    text = "\n".join(lines)
    found = from_markup(text, layout.keys) or tuple(rows(lines, layout.keys))
    fields, free_text = _split(layout, lines, found)
    topic = next((field.value for field in fields if field.key == "topic" and field.value), "")
    hints = (topic, subject, text.replace(free_text, "\n") if free_text else text)
    return Form(
        layout=layout.id,
        channel=_channel(layout, hints),
        topic=topic,
        fields=fields,
        free_text=free_text,
    )


def _channel(layout: Layout, hints: tuple[str, ...]) -> Channel:
    """By the printed topic; without one by the subject; else by the machine's own lines."""
    topic, subject, machine_lines = hints
    for hint in [topic] if topic else [subject, machine_lines]:
        words = f" {plain(hint)} "
        for channel, topics in layout.topics:
            # Short ones are whole words ("AU" is not "Aufnahme"), long ones are stems.
            if any(f" {phrase}{' ' * (len(phrase) <= 3)}" in words for phrase in topics):
                return channel
    return layout.channel


def _split(
    layout: Layout, lines: list[str], found: tuple[Row, ...]
) -> tuple[tuple[FormField, ...], str]:
    """The fields, and the customer's own words."""
    fields: list[FormField] = []
    texts: list[str] = []
    taken = 0
    for row in found:
        if row.first < taken:
            continue
        if row.key == "free_text":
            value, taken = _free_text(layout, lines, row)
            texts.append(value)
        else:
            fields.append(FormField(row.key, row.label, row.value))
    if not texts and layout.free_text.after_head:
        head = _head(layout, lines, found)
        fields = [FormField(row.key, row.label, row.value) for row in head]
        texts = [_until_end(layout, lines, _after_head(layout, lines, head))[0]]
    free_text = "\n".join(text for text in texts if text.strip(" -–"))
    return tuple(map(_ticked, fields)), free_text


def _ticked(field: FormField) -> FormField:
    """Of "[ ] Umzug [x] Krank" only what is ticked; other values as they are."""
    ticked = [*filter(None, map(str.strip, _TICKED.findall(field.value)))]
    return FormField(field.key, field.label, ", ".join(ticked)) if ticked else field


def _free_text(layout: Layout, lines: list[str], row: Row) -> tuple[str, int]:
    """The words under or beside a free-text label, and the first line after them."""
    if row.last == row.first:  # out of markup: the value is all there is
        return row.value, 0
    below, taken = _until_end(layout, lines, row.last, to_any_label=bool(row.value))
    return "\n".join(filter(None, (row.value, below))).strip(), taken


def _until_end(
    layout: Layout, lines: list[str], first: int, *, to_any_label: bool = False
) -> tuple[str, int]:
    """The lines from `first` to whatever ends the customer's words.

    Words beside their label end at any known label; words under it only at one that may follow
    them: a customer may write "Kundennummer: …" himself.
    """
    end = first
    known = layout.keys if to_any_label else layout.free_text.labels_after
    while end < len(lines) and not _ends(layout, lines[end], known):
        end += 1
    while first < end and is_rule(lines[first]):
        first += 1
    kept = [
        line.strip().removeprefix("> ")
        for line in lines[first:end]
        if not line.strip() or not is_rule(line)
    ]
    return "\n".join(kept).strip(), end


def _ends(layout: Layout, line: str, known: Container[str]) -> bool:
    words = plain(line)
    # One word must be the whole line: "--- Ende ---", but not "Ende März ziehe ich um".
    if any(words.startswith(end) if " " in end else words == end for end in layout.free_text.ends):
        return True
    row = next(rows([line], layout.keys), None)
    return row is not None and (row.key == "question" or plain(row.label) in known)


def _head(layout: Layout, lines: list[str], found: tuple[Row, ...]) -> list[Row]:
    """The rows at the top, up to the first line that is neither row, rule, nor the machine's."""
    head: list[Row] = []
    last = 0
    for row in found:
        between = [line for line in lines[last : row.first] if not is_rule(line)]
        if any(not _any(layout.marks.text, plain(line)) for line in between) or not row.key:
            break
        head.append(row)
        last = row.last
    return head


def _after_head(layout: Layout, lines: list[str], head: list[Row]) -> int:
    """The first line after the head that is not the machine's own introduction."""
    number = head[-1].last if head else 0
    while number < len(lines):
        line = lines[number].strip()
        own = _any(layout.marks.text, plain(line)) and (line.endswith(":") or len(line) < 60)
        if not own and not is_rule(line):
            break
        number += 1
    return number
