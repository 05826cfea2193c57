"""A run as one SVG: charts below each other, over the same time."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP = 760, 150, 60, 44
GAP = 50
COLOURS = ("#1b5e9c", "#b5521b", "#3a7d44", "#7a3b8f")
Line = Sequence[tuple[float, float]]


def svg(charts: Mapping[str, Mapping[str, Line]], *, title: str, end_unit: str = "s") -> str:
    """Charts below each other, each named by its unit; times since the begin, in `end_unit`."""
    height = TOP + len(charts) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 130}" font-size="12"',
        f' height="{height}" font-family="sans-serif" role="img" aria-label="{escape(title)}">',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{LEFT}" y="18">{escape(title)}',
        "</text>",
    ]
    for number, (unit, lines) in enumerate(charts.items()):
        parts.append(_chart(lines, top=TOP + number * (HEIGHT + GAP), unit=unit, end_unit=end_unit))
    return "\n".join([*parts, "</svg>\n"])


def _chart(lines: Mapping[str, Line], *, top: int, unit: str, end_unit: str) -> str:
    points = [point for line in lines.values() for point in line] or [(0.0, 0.0)]
    end = max(x for x, _ in points) or 1.0
    high = (max(y for _, y in points) or 1.0) * 1.1

    def at(x: float, y: float) -> str:
        return f"{LEFT + x / end * (WIDTH - LEFT):.1f},{top + HEIGHT - y / high * HEIGHT:.1f}"

    made = [
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT}" height="{HEIGHT}" fill="none"',
        ' stroke="#999"/>',
        f'<text x="{LEFT}" y="{top - 4}">{escape(unit)}</text>',
        f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{high:.0f}</text>',
        f'<text x="{LEFT - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>',
        f'<text x="{WIDTH}" y="{top + HEIGHT + 16}" text-anchor="end">{end:.0f} {end_unit}</text>',
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour, dash = COLOURS[number % len(COLOURS)], f' stroke-dasharray="{6 - number} {number}"'
        path = " ".join(at(x, y) for x, y in line)
        made.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"'
            f"{dash if number else ''}/>"
        )
        place = f'x="{WIDTH + 8}" y="{top + 14 + number * 16}"'
        made.append(f'<text {place} fill="{colour}">{escape(name)}</text>')
    return "\n".join(made)
