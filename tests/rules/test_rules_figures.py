"""Figures: laid out by key, small numbers hidden also from those who subtract, falls told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.drift import Agreement, has_fallen
from rules.figures import SHOWN, By, Cell, Measure, lines, sums
from rules.small_cells import hide, hide_lines, hide_part

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def cell(measure: Measure, number: int, **changes: object) -> Cell:
    told: dict[str, object] = {
        "day": MONDAY,
        "region": "Südwest",
        "agency_code": "435",
        "channel": "freie_email",
        "concern": "au",
    }
    return Cell(**(told | changes), measure=measure, number=number)  # type: ignore[arg-type]


CELLS = (
    cell(Measure.RECEIVED, 7),
    cell(Measure.RECEIVED, 9, concern="termin", day=TUESDAY),
    cell(Measure.DONE, 6),
    cell(Measure.MINUTES, 600),
)


def test_lines_add_up_by_key_most_received_first_but_days_in_order() -> None:
    assert [(line.key, line.numbers) for line in lines(CELLS, By.CONCERN)] == [
        ("termin", (9, 0, 0, 0, 9)),
        ("au", (7, 6, 0, 0, 7)),
    ]
    assert [line.key for line in lines(CELLS, By.DAY)] == ["2026-11-23", "2026-11-24"]
    assert [line.numbers for line in lines(CELLS, By.AGENCY)] == [(16, 6, 0, 0, 16)]
    assert sums(CELLS)[Measure.MINUTES] == 600
    assert SHOWN[:4] == (
        Measure.RECEIVED,
        Measure.DONE,
        Measure.HANDED_OVER,
        Measure.CORRECTED,
    ), "programs of /v1 know these places"


def test_what_became_an_item_is_told_of_what_came_in() -> None:
    aside = cell(Measure.RECEIVED, 6, concern="", channel="")
    assert [line.numbers for line in lines((*CELLS, aside), By.REGION)] == [(22, 6, 0, 0, 16)]
    assert sums((*CELLS, aside))[Measure.SORTED] == 16


def test_a_cell_has_no_place_for_a_person() -> None:
    assert set(Cell.__slots__) == {
        "day", "region", "agency_code", "channel", "concern", "measure", "number",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "shown", "total"),
    [
        ((3, 40, 20), (None, 40, None), 63),
        ((3, 4, 20), (None, None, 20), 27),
        ((3, 0, 20), (None, 0, None), 23),
        ((3, 0), (None, None), None),
        ((3,), (None,), None),
        ((0, 0), (0, 0), 0),
        ((5, 6), (5, 6), 11),
        ((1, 2), (None, None), None),
        ((), (), 0),
    ],
)
def test_a_lone_small_number_takes_its_smallest_neighbour_with_it(
    column: tuple[int, ...], shown: tuple[int | None, ...], total: int | None
) -> None:
    assert hide(column, below=5) == (shown, total)


def test_a_limit_of_one_hides_nothing() -> None:
    assert hide((1, 0, 3), below=1) == ((1, 0, 3), 4)


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), max_size=8))
def test_no_hidden_number_can_be_had_by_subtracting(table: list[list[int]]) -> None:
    shown, total = hide_lines(table, below=5)
    for place, whole in enumerate(total):
        column = [line[place] for line in shown]
        true = [line[place] for line in table]
        assert all(told in {None, real} for told, real in zip(column, true, strict=True))
        assert not any(told is not None and 0 < told < 5 for told in (*column, whole))
        missing = column.count(None)
        assert missing != 1 or whole is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=8))
def test_no_small_rest_between_two_columns_can_be_had_either(table: list[tuple[int, int]]) -> None:
    rows = [(part + rest, part) for part, rest in table]
    hidden = hide_lines(rows, below=5)
    shown, total = hide_part(rows, *hidden, whole=0, part=1, below=5) if rows else ((), ())
    for whole, part in (*shown, *((total,) if rows else ())):
        assert whole is None or part is None or not 0 < whole - part < 5
    if rows:
        missing = [row[1] for row in shown].count(None)
        assert missing != 1 or total[1] is None


def test_only_a_large_fall_of_many_closed_items_is_told() -> None:
    before = Agreement(400, 12)
    assert has_fallen(before, Agreement(100, 15))
    assert not has_fallen(before, Agreement(100, 6))
    assert not has_fallen(before, Agreement(49, 20))
    assert not has_fallen(Agreement(0, 0), Agreement(100, 60))
    assert not has_fallen(before, Agreement(100, 0))
    assert Agreement(0, 0).share is None
