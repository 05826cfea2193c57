"""The answers that can be chosen: each approved text as it would leave, gaps filled or to fill.

Shown only; what leaves is rendered again from the approved version (triage/answers/reply.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.web import words
from rules.errors import Refused
from rules.texts.approved import Text
from rules.texts.language import Language
from rules.texts.placeholders import Kind, gap, printed, read_values
from rules.texts.second_text import HEADLINES, Second

_GAP = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap that the clerk fills. `hint` says in which form."""

    name: str
    label: str
    hint: str
    value: str


@dataclass(frozen=True, slots=True)
class Below:
    """A second text that may stand below; `value` is what the form sends for it."""

    language: Language
    version: int
    headline: str
    body: Markup
    is_chosen: bool

    @property
    def value(self) -> str:
        """Language and version, as `second_of` reads them."""
        return f"{self.language}-{self.version}"


@dataclass(frozen=True, slots=True)
class Letter:
    """One text as it would be sent; `subject` and `body` are safe HTML with marked gaps."""

    text: Text
    subject: Markup
    body: Markup
    blanks: tuple[Blank, ...]
    fits: str
    seconds: tuple[Below, ...] = ()

    @property
    def form_id(self) -> str:
        """The id of its form on the page."""
        return f"reply-{self.text.id.replace('.', '-')}"


def letter(
    text: Text,
    defaults: Mapping[str, str],
    typed: Mapping[str, str],
    *,
    seconds: Iterable[Text] = (),
    chosen: str = "",
) -> Letter:
    """One text with the house's values and what the clerk typed before a refusal.

    `chosen` is a language, or what the form sent for a second text.
    """
    shown = _values(text, defaults)
    # Where the clerk names the agency, its address comes from the house.
    known = {*defaults, *(("anschrift",) if "agentur" in text.gaps else ())}
    blanks = tuple(
        Blank(name, gap(name).label, _hint(name), typed.get(name, ""))
        for name in text.gaps
        if name not in known
    )
    fits = ", ".join(words.concern(code) for code in text.concerns) or "passt zu allen Anliegen"
    below = tuple(_below(one, defaults, chosen) for one in seconds)
    return Letter(text, filled(text.subject, shown), filled(text.body, shown), blanks, fits, below)


def second_of(value: str) -> Second | None:
    """The second text that a form names; None for none, or for what is no such name."""
    language, _, version = value.partition("-")
    if language not in set(Language) or not version.isdecimal() or len(version) > 5:
        return None
    return Second(Language(language), int(version))


def _below(text: Text, defaults: Mapping[str, str], chosen: str) -> Below:
    if text.language is None:
        raise AssertionError(f"{text.id} is no second text")
    body = filled(text.body, _values(text, defaults))
    is_chosen = chosen.partition("-")[0] == text.language
    return Below(text.language, text.version, HEADLINES[text.language], body, is_chosen)


def _values(text: Text, defaults: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _shown(name, value, text.language)
        for name, value in defaults.items()
        if name in text.gaps
    }


def filled(wording: str, values: Mapping[str, str]) -> Markup:
    """`wording` as safe HTML; gaps as marked slots with their value, or their label where empty."""
    pieces: list[Markup] = []
    end = 0
    for found in _GAP.finditer(wording):
        pieces += [escape(wording[end : found.start()]), _slot(found[1], values)]
        end = found.end()
    return Markup("").join([*pieces, escape(wording[end:])])


def _slot(name: str, values: Mapping[str, str]) -> Markup:
    shown = values.get(name) or gap(name).label
    return Markup('<span class="slot">{}</span>').format(shown)


def _shown(name: str, value: str, language: Language | None) -> str:
    """As it stands in the letter; a value that doesn't fit stays as it is and is refused later."""
    try:
        return printed(name, read_values({name: value})[name], language)
    except Refused:
        return value


def _hint(name: str) -> str:
    if name == "agentur":
        return "zum Beispiel Köln"
    return {Kind.DATE: "TT.MM.JJJJ", Kind.DATE_TIME: "TT.MM.JJJJ HH:MM"}.get(gap(name).kind, "")
