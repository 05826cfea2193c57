import numpy as np
import pytest

from classify.measuring import charts, curves
from classify.measuring.charts import Axis, Chart, Series
from classify.measuring.curves import Point


def test_a_judge_that_is_right_as_often_as_it_says_has_no_error() -> None:
    said = np.repeat([0.25, 0.75], 100)
    true = np.concatenate([np.arange(100) < 25, np.arange(100) < 75]).astype(float)
    found = curves.calibration("x", said, true)
    assert found.error == pytest.approx(0.0)
    assert [(b.count, b.said, b.right) for b in found.bins] == [
        (100, 0.25, 0.25),
        (100, 0.75, 0.75),
    ]
    assert all(b.low < b.right < b.high for b in found.bins)


def test_a_boaster_has_the_error_he_boasts() -> None:
    found = curves.calibration("x", np.full(50, 1.0), (np.arange(50) < 30).astype(float))
    assert found.error == pytest.approx(0.4)


def test_an_interval_never_leaves_0_to_1() -> None:
    found = curves.calibration("x", np.asarray([0.0, 1.0]), np.asarray([0.0, 1.0]))
    assert all(b.low >= 0 and b.high <= 1 for b in found.bins)


def test_recall_grows_with_the_share_handed_over_up_to_all() -> None:
    sure = np.asarray([0.9, 0.8, 0.7, 0.1])
    found = curves.handed_over(sure, np.asarray([1.0, 0.0, 1.0, 0.0]))
    assert found == (Point(0.25, 0.5), Point(0.5, 0.5), Point(0.75, 1.0), Point(1.0, 1.0))


def test_what_is_kept_back_raises_what_is_right() -> None:
    found = curves.abstention(np.linspace(1, 0, 100), (np.arange(100) < 50).astype(float))
    assert found[0].y == 1.0
    assert (found[-1].x, found[-1].y) == (1.0, 0.5)


def test_a_curve_begins_where_it_comes_into_the_picture() -> None:
    series = [Series("s", [Point(0.2, 0.2), Point(0.5, 0.5)], mark=Point(2.0, 0.9))]
    chart = Chart("t <&", "d", Axis("x"), Axis("y", low=0.5), series)
    drawn = charts.svg(chart)
    assert 'points="341.0,328.0"' in drawn
    assert 'x="610.0"' in drawn, "a point beyond an axis is drawn at its end"
    assert "t &lt;&amp;" in drawn


def test_nothing_is_told_by_colour_alone() -> None:
    series = [Series(name, [Point(0, 0), Point(1, 1)]) for name in ("first", "second")]
    drawn = charts.svg(Chart("t", "d", Axis("x"), Axis("y"), series))
    assert ".line.b { stroke-dasharray" in drawn
    assert all(f">{name}</text>" in drawn for name in ("first", "second"))
