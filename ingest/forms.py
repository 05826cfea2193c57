"""Layouts of machine-made messages, described as data, and the reader that follows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.mail import Form


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout."""

    id: str


@dataclass(frozen=True, slots=True)
class Layouts:
    """All layouts, in the order of their file names; the first that fits wins."""

    layouts: tuple[Layout, ...] = ()


NO_LAYOUTS = Layouts()
"""Recognises no form."""


def load(toml_texts: Mapping[str, str]) -> Layouts:
    """Layouts from TOML texts by file name."""
    return Layouts(tuple(Layout(name) for name in sorted(toml_texts)))


def read(subject: str, sender: str, body_text: str, layouts: Layouts) -> Form | None:
    """The form, if the message is one."""
    return None
