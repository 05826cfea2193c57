"""Small numbers of a table stay hidden, also from those who subtract.

A number under the limit could tell about single persons. It is hidden, and where it could be had
from the sum below it, one more number is hidden with it. Source: F55, N9; own decision 0044.
"""

from collections.abc import Sequence


def hide(column: Sequence[int], *, below: int) -> tuple[tuple[int | None, ...], int | None]:
    """The numbers of a column and their sum, None where one must not be shown.

    Hidden is every number from 1 to `below` - 1. If it is the only one, the smallest other goes
    with it, a zero only where nothing else is left; in a column of one, the sum goes. A sum
    under the limit is hidden, too. `below` 0 or 1 hides nothing. Source: F55; own
    decision 0044.
    """
    total = sum(column)
    small = {place for place, number in enumerate(column) if 0 < number < below}
    others = [place for place in range(len(column)) if place not in small]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda place: (column[place] == 0, column[place])))
    shown = tuple(None if place in small else number for place, number in enumerate(column))
    hides_sum = 0 < total < below or len(small) == 1
    return shown, None if hides_sum else total


def hide_lines(
    lines: Sequence[Sequence[int]], *, below: int
) -> tuple[tuple[tuple[int | None, ...], ...], tuple[int | None, ...]]:
    """The same for each column of a table of lines: the lines, and the line of the sums.

    Source: own decision 0044.
    """
    columns = [hide(column, below=below) for column in zip(*lines, strict=True)]
    shown = tuple(zip(*(numbers for numbers, _ in columns), strict=True))
    return shown, tuple(total for _, total in columns)


def hide_part(
    lines: Sequence[Sequence[int]],
    shown: tuple[tuple[int | None, ...], ...],
    total: tuple[int | None, ...],
    *,
    whole: int,
    part: int,
    below: int,
) -> tuple[tuple[tuple[int | None, ...], ...], tuple[int | None, ...]]:
    """A hidden table where a small rest of one column against another stays hidden, too.

    `whole` and `part` are places of columns, and each number of `part` is among those of `whole`.
    `shown` and `total` are what `hide_lines` made of `lines`. Source: own decision 0044.
    """
    rests, rest = hide([line[whole] - line[part] for line in lines], below=below)

    def told(row: tuple[int | None, ...], left: int | None) -> tuple[int | None, ...]:
        if row[whole] is not None and left is not None:
            return row
        return (*row[:part], None, *row[part + 1 :])

    told_lines = tuple(told(row, left) for row, left in zip(shown, rests, strict=True))
    return told_lines, told(total, rest)
