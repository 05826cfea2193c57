"""A run as one SVG: charts below each other, over time."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, TOP = 760, 150, 60, 30
COLOURS = ("#1b5e9c", "#b5521b", "#3a7d44", "#7a3b8f")
Line = Sequence[tuple[float, float]]


def svg(memory: Mapping[str, Line], slow: Mapping[str, Line], *, title: str) -> str:
    """Two charts below each other. Times in seconds, memory in MB, durations in ms."""
    return charts({"MB": memory, "ms, p95 in 10 s": slow}, title=title, end_unit="s")


def charts(lines: Mapping[str, Mapping[str, Line]], *, title: str, end_unit: str) -> str:
    """A chart for each unit, whose lines have names; all over the same time."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 100}" font-size="12"',
        f' height="{len(lines) * (HEIGHT + 50) + 30}" font-family="sans-serif">',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{LEFT}" y="18">{title}</text>',
        *(
            _chart(one, top=TOP + number * (HEIGHT + 50), unit=unit, end_unit=end_unit)
            for number, (unit, one) in enumerate(lines.items())
        ),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _chart(lines: Mapping[str, Line], *, top: int, unit: str, end_unit: str) -> str:
    points = [point for line in lines.values() for point in line] or [(0.0, 0.0)]
    end = max(x for x, _ in points) or 1.0
    high = (max(y for _, y in points) or 1.0) * 1.1

    def at(x: float, y: float) -> str:
        return f"{LEFT + x / end * (WIDTH - LEFT):.1f},{top + HEIGHT - y / high * HEIGHT:.1f}"

    made = [
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT}" height="{HEIGHT}" fill="none"',
        ' stroke="#999"/>',
        f'<text x="{LEFT}" y="{top - 4}">{unit}</text>',
        f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{high:.0f}</text>',
        f'<text x="{LEFT - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>',
        f'<text x="{WIDTH}" y="{top + HEIGHT + 16}" text-anchor="end">{end:.0f} {end_unit}</text>',
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(at(x, y) for x, y in line)
        made.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        made.append(
            f'<text x="{WIDTH + 8}" y="{top + 14 + number * 16}" fill="{colour}">{name}</text>'
        )
    return "\n".join(made)
