"""Small plots of a page as SVG: no script, no colour alone, a table with the same numbers beside.

Source: WCAG 2.1, 1.1.1 and 1.4.1; desk guide ("a picture never stands alone").
"""

from collections.abc import Sequence
from html import escape
from itertools import cycle
from typing import Final

from markupsafe import Markup

_WIDTH: Final = 720
_HEIGHT: Final = 220
_LEFT: Final = 52
_BOTTOM: Final = 28
_TOP: Final = 12
_SPARK_WIDTH: Final = 96
_SPARK_HEIGHT: Final = 24

Points = Sequence[int | float | None]


def curve(
    labels: Sequence[str],
    series: Sequence[tuple[str, Points]],
    *,
    told: str,
    top: float | None = None,
) -> Markup:
    """Lines over days, the second one dashed; None leaves a gap. `told` says it in words.

    `top` ends the scale there, else it ends above the largest value.
    """
    largest = max((value for _, points in series for value in points if value), default=1)
    top = top or _nice(largest)
    parts = [_grid(top), _labels(labels)]
    for number, (name, points) in enumerate(series):
        way = " ".join(_way(points, len(labels), top))
        parts.append(
            f'<path class="plot-line plot-{number}" d="{way}"><title>{escape(name)}</title></path>'
        )
    return _svg(parts, told)


def bars(labels: Sequence[str], values: Sequence[float], *, told: str) -> Markup:
    """One bar for each label."""
    top = _nice(max(values, default=1) or 1)
    step = (_WIDTH - _LEFT) / max(len(values), 1)
    rects = [
        f'<rect class="plot-bar" x="{_LEFT + step * (n + 0.15):.1f}" y="{_y(value, top):.1f}"'
        f' width="{step * 0.7:.1f}" height="{_y(0, top) - _y(value, top):.1f}"/>'
        for n, value in enumerate(values)
    ]
    return _svg([_grid(top), _labels(labels), *rects], told)


def spark(points: Points) -> Markup:
    """A line as small as a word, for a cell whose row has the numbers; from 0 to 1, hidden."""
    step = _SPARK_WIDTH / max(len(points) - 1, 1)
    way: list[str] = []
    pen_down = False
    for number, value in enumerate(points):
        if value is not None:
            y = _SPARK_HEIGHT - 2 - (_SPARK_HEIGHT - 4) * value
            way.append(f"{'L' if pen_down else 'M'}{step * number:.1f} {y:.1f}")
            way += [] if pen_down else ["h0.1"]
        pen_down = value is not None
    return Markup(  # noqa: S704 - made of numbers
        f'<svg class="spark" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" aria-hidden="true">'
        f'<path class="plot-line plot-0" d="{" ".join(way)}"/></svg>'
    )


def _svg(parts: Sequence[str], told: str) -> Markup:
    body = "".join(parts)
    return Markup(  # noqa: S704 - made of numbers and escaped words of ours
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(told)}">{body}</svg>'
    )


def _way(points: Points, count: int, top: float) -> list[str]:
    """Moves and lines; a lone point gets a short line, or nobody would see it."""
    way: list[str] = []
    step = (_WIDTH - _LEFT) / max(count, 1)
    pen_down = False
    for number, value in enumerate(points):
        if value is None:
            pen_down = False
            continue
        x, y = _LEFT + step * (number + 0.5), _y(value, top)
        way.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        if not pen_down:
            way.append("h0.1")
        pen_down = True
    return way


def _grid(top: float) -> str:
    lines = []
    for part in (0, 0.5, 1):
        y = _y(top * part, top)
        value = f"{top * part:,.1f}".rstrip("0").rstrip(".").replace(",", " ").replace(".", ",")
        lines.append(
            f'<line class="plot-grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="plot-text plot-end" x="{_LEFT - 6}" y="{y + 4:.1f}">{value}</text>'
        )
    return "".join(lines)


def _labels(labels: Sequence[str]) -> str:
    """At most a dozen, evenly, so that none lies over the next.

    On a phone the signs are larger in the plot: of more than six each second one is left out.
    """
    step = (_WIDTH - _LEFT) / max(len(labels), 1)
    every = max(1, -(-len(labels) // 12))
    shown = range(0, len(labels), every)
    return "".join(
        f'<text class="plot-text plot-middle{" plot-wide" if odd and len(shown) > 6 else ""}"'
        f' x="{_LEFT + step * (n + 0.5):.1f}" y="{_HEIGHT - 8}">{escape(labels[n])}</text>'
        for odd, n in zip(cycle((False, True)), shown, strict=False)
    )


def _y(value: float, top: float) -> float:
    return _TOP + (_HEIGHT - _BOTTOM - _TOP) * (1 - value / top)


def _nice(top: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    size = 1.0
    while True:
        for factor in (1, 2, 5):
            if top <= size * factor:
                return size * factor
        size *= 10
