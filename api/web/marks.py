"""Highlighting: the words that spoke for a concern, marked in the text with the concern's number.

The text is the customer's and stays untrusted: every character of it is escaped here, and the
only markup in the result is made here. Offsets that lie outside the text are cut, not believed.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

Spoken = tuple[int, int, int]
"""Start, end (Python characters, end exclusive) and number of the concern, counted from 1."""


def spoken(concerns: Iterable[Mapping[str, Any]], *, where: str = "body") -> list[Spoken]:
    """The spans of `verdict["concerns"]` that lie in `where` ("body" or "subject")."""
    return [
        (span["start"], span["end"], number)
        for number, found in enumerate(concerns, start=1)
        for span in found.get("spans", ())
        if span.get("where", "body") == where
    ]


def marked(text: str, spans: Sequence[Spoken]) -> Markup:
    """`text` as safe HTML with `<mark data-n="1 2">…<sup>` around the spans.

    Overlapping spans are cut where one begins or ends, so that marks never nest; a piece that
    belongs to several concerns carries all their numbers. Apart from the numbers the text
    content of the result is `text`.
    """
    inside = [
        (max(start, 0), min(end, len(text)), number)
        for start, end, number in spans
        if max(start, 0) < min(end, len(text))
    ]
    cuts = sorted({0, len(text), *(edge for start, end, _ in inside for edge in (start, end))})
    pieces: list[Markup] = []
    for start, end in pairwise(cuts):
        numbers = sorted({n for s, e, n in inside if s <= start and end <= e})
        pieces.append(_piece(text[start:end], numbers))
    return Markup("").join(pieces)


def _piece(text: str, numbers: Sequence[int]) -> Markup:
    if not numbers:
        return escape(text)
    joined = " ".join(map(str, numbers))
    return Markup(
        '<mark data-n="{n}">{text}'
        '<sup><span class="vh">, Grund für Anliegen </span>{n}</sup></mark>'
    ).format(n=joined, text=text)
