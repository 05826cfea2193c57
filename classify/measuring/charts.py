"""Small line charts as SVG: one file, no script, readable on light and dark ground.

Written here and not by a plotting library: three kinds of lines need a hundred lines of code,
and the smallest library would be larger than the judge. Every series has a dash of its own and a
name beside it, so that nothing depends on colour. Source: WCAG 2.2, 1.1.1 and 1.4.1 (title,
description, use of colour); SVG 2, section 5.7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from classify.measuring.curves import Bin, Point

_WIDTH, _HEIGHT = 640, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 24, 48, 92
_STYLE: Final = """
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #d0d7de; --a: #0b5cad; --b: #a04000; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --faint: #3d444d; --a: #79b8ff; --b: #ffa657; }
  }
  .ground { fill: var(--ground); }
  text { fill: var(--ink); font: 13px system-ui, sans-serif; }
  .title { font-weight: 600; font-size: 15px; }
  .grid { stroke: var(--faint); stroke-width: 1; }
  .axis, .whisker { stroke: var(--ink); stroke-width: 1; fill: none; }
  .ideal { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 4; fill: none; }
  .a { stroke: var(--a); fill: var(--a); }
  .b { stroke: var(--b); fill: var(--b); }
  .line { stroke-width: 2.2; fill: none; }
  .line.b { stroke-dasharray: 8 4; }
  .mark { stroke: var(--ground); stroke-width: 1.2; }
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis tells, and from where on; values are shares up to 1, shown in per cent."""

    name: str
    low: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line. `bins` adds whiskers of 95 %; `mark` a square at the operating point."""

    name: str
    points: Sequence[Point]
    bins: Sequence[Bin] = ()
    mark: Point | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of at most two series. `told` says in words what the picture shows."""

    title: str
    told: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    ideal: Sequence[Point] = ()


def svg(chart: Chart) -> str:
    """The chart as one SVG document; the same chart gives the same bytes."""
    return "\n".join(_lines(chart)) + "\n"


def _lines(chart: Chart) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{escape(chart.title)}</title>'
    yield f'<desc id="desc">{escape(chart.told)}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
    yield f'<text class="title" x="{_LEFT}" y="28">{escape(chart.title)}</text>'
    yield from _axes(chart)
    if chart.ideal:
        yield f'<polyline class="ideal" points="{_path(chart, chart.ideal)}"/>'
    for series, look in zip(chart.series, ("a", "b"), strict=False):
        yield from _series(chart, series, look)
    yield from _legend(chart)
    yield "</svg>"


def _axes(chart: Chart) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for share in _ticks(chart.y):
        _, y = _place(chart, Point(chart.x.low, share))
        yield f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{_percent(share)}</text>'
    for share in _ticks(chart.x):
        x, _ = _place(chart, Point(share, chart.y.low))
        yield f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}"/>'
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{_percent(share)}</text>'
    yield f'<polyline class="axis" points="{_LEFT},{_TOP} {_LEFT},{bottom} {right},{bottom}"/>'
    middle = (_LEFT + right) // 2
    yield f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">{escape(chart.x.name)}</text>'
    up = (_TOP + bottom) // 2
    yield (
        f'<text transform="translate(18 {up}) rotate(-90)" text-anchor="middle">'
        f"{escape(chart.y.name)}</text>"
    )


def _series(chart: Chart, series: Series, look: str) -> Iterator[str]:
    # A curve begins where it comes into the picture, not as a line along the edge.
    shown = [point for point in series.points if point.y >= chart.y.low]
    yield f'<polyline class="line {look}" points="{_path(chart, shown)}"/>'
    for found in series.bins:
        x, low = _place(chart, Point(found.said, found.low))
        _, high = _place(chart, Point(found.said, found.high))
        yield f'<line class="whisker" x1="{x}" y1="{low}" x2="{x}" y2="{high}"/>'
    for found in series.bins:
        x, y = _place(chart, Point(found.said, found.right))
        told = f"{found.count} answers, said {found.said:.3f}, right {found.right:.3f}"
        circle = f'<circle class="mark {look}" cx="{x}" cy="{y}" r="4.5">'
        yield f"{circle}<title>{told}</title></circle>"
    if series.mark is not None:
        x, y = _place(chart, series.mark)
        told = f"operating point: {series.mark.x:.1%}, {series.mark.y:.1%}"
        yield (
            f'<rect class="mark {look}" x="{x - 6}" y="{y - 6}" width="12" height="12">'
            f"<title>{told}</title></rect>"
        )


def _legend(chart: Chart) -> Iterator[str]:
    y = _HEIGHT - 16 - 20 * (len(chart.series) - 1)
    for series, look in zip(chart.series, ("a", "b"), strict=False):
        ends = f'x1="{_LEFT}" y1="{y - 4}" x2="{_LEFT + 34}" y2="{y - 4}"'
        yield f'<line class="line {look}" {ends}/>'
        name = series.name
        if series.mark is not None:
            box = f'x="{_LEFT + 11}" y="{y - 10}" width="12" height="12"'
            yield f'<rect class="mark {look}" {box}/>'
            name += f"; the judge stands at {series.mark.x:.1%} and {series.mark.y:.1%}"
        yield f'<text x="{_LEFT + 44}" y="{y}">{escape(name)}</text>'
        y += 20


def _ticks(axis: Axis) -> list[float]:
    """Five equal steps; the ends are chosen so that these are round."""
    return [axis.low + (1 - axis.low) * step / 5 for step in range(6)]


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"


def _path(chart: Chart, points: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in (_place(chart, point) for point in points))


def _place(chart: Chart, point: Point) -> tuple[float, float]:
    """Pixels; what lies beyond an axis is drawn at its end."""
    x = _share(point.x, chart.x) * (_WIDTH - _LEFT - _RIGHT) + _LEFT
    y = (1 - _share(point.y, chart.y)) * (_HEIGHT - _TOP - _BOTTOM) + _TOP
    return round(x, 1), round(y, 1)


def _share(value: float, axis: Axis) -> float:
    return min(1.0, max(0.0, (value - axis.low) / (1 - axis.low)))
