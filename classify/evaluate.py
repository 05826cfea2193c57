"""Measure quality on mail of writers that the model has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classify.corpus import Example
from classify.model import Model
from classify.places import Places

Progress = Callable[[str, int, int], None]
"""Called with (what, done, of) before each step; for the command line's progress bar."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one measurement."""


def evaluate(
    examples: Sequence[Example],
    *,
    places: Places,
    seed: int,
    model: Model | None = None,
    progress: Progress | None = None,
) -> Report:
    """Leave one writer out in turn and judge the writer's mails; with `model`, only judge."""
    raise NotImplementedError


def render(report: Report) -> str:
    """The report as Markdown (English headings, label codes as they are)."""
    raise NotImplementedError
