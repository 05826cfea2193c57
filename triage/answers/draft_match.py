"""Which approved text the words of a draft are, or are most like.

Source: Weisung 202404002 no. 3; own decision 0097.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.texts import approved as text_rules
from rules.texts import draft_words
from rules.texts.approved import Difference, Rendered, Text
from rules.texts.placeholders import Value
from rules.texts.second_text import Second
from store.approved.texts import TextShelf
from store.desk.items import Item
from triage.answers import reply_text
from triage.answers.reply import Choice
from triage.house import House


@dataclass(frozen=True, slots=True)
class Match:
    """A text beside what was written: the answer it would be, its letter, and what differs."""

    choice: Choice
    letter: Rendered
    differences: tuple[Difference, ...]


def match(house: House, item: Item, shelf: TextShelf, said: str) -> Match | None:
    """The text that the words are, else the one that they are most like; None where none is."""
    texts = shelf.valid(house.today(), item.region)
    known = reply_text.house_values(house, item)
    near: Match | None = None
    for text in texts:
        typed = draft_words.values_in(text, known, said)
        if typed is None:
            continue
        for second in (None, *reply_text.seconds(house, item, text)):
            found = _compared(house, item, text, second, typed, said)
            if not found.differences:
                return found
            if near is None or len(found.differences) < len(near.differences):
                near = found
    return near or _most_like(texts, known, said)


def _most_like(texts: tuple[Text, ...], known: Mapping[str, Value], said: str) -> Match | None:
    text = draft_words.nearest(texts, said)
    if text is None:
        return None
    letter = draft_words.unfilled(text, known)
    return Match(Choice(text.id, text.version, {}, said), letter, text_rules.compare(letter, said))


def _compared(
    house: House, item: Item, text: Text, second: Text | None, typed: Mapping[str, str], said: str
) -> Match:
    values = reply_text.checked_values(house, item, text, typed)
    letter = reply_text.rendered(reply_text.Wording(text, second), values)
    below = Second(second.language, second.version) if second and second.language else None
    choice = Choice(text.id, text.version, typed, said, below)
    return Match(choice, letter, text_rules.compare(letter, said))
