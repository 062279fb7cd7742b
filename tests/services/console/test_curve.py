"""The curve shows what was measured, and nothing lies on top of anything else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.api import LoopReport
from services.console.domain.agreement import Counted, graph_of_releases, graph_of_report
from services.console.domain.curve import (
    BOTTOM,
    HEIGHT,
    LABEL_GAP,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Curve,
    Reading,
    Series,
    Step,
    curve,
)
from tests.services.console.fake_report import REPORT

NAMES = ("mine", "select", "sealed", "fresh")


def drawn(*shares: float, steps: int = 1) -> Curve:
    series = [
        Series(name, name, tuple(Reading(step, share) for step in range(steps)))
        for name, share in zip(NAMES, shares, strict=False)
    ]
    made = curve(series, [Step(f"release {step}") for step in range(steps)])
    assert made is not None
    return made


def test_nothing_measured_is_no_curve() -> None:
    assert curve([Series("mine", "mine", ())], [Step("release 1")]) is None
    assert curve([], []) is None


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.integers(min_value=1, max_value=30),
)
def test_every_mark_lies_on_the_canvas_and_labels_do_not_touch(
    shares: list[float], steps: int
) -> None:
    made = drawn(*shares, steps=steps)
    for line in made.lines:
        for mark in line.marks:
            assert LEFT - 1 <= mark.x <= WIDTH - RIGHT + 1
            assert TOP - 1e-6 <= mark.y <= HEIGHT - BOTTOM + 1e-6
    heights = sorted(line.label_y for line in made.lines)
    gaps = [low - high for high, low in pairwise(heights)]
    assert all(gap >= LABEL_GAP - 1e-6 for gap in gaps)


def test_more_agreement_lies_higher_and_later_lies_further_right() -> None:
    series = Series("sealed", "sealed", (Reading(0, 0.5), Reading(1, 0.8)))
    made = curve([series], [Step("release 1"), Step("release 2")])
    assert made is not None
    first, second = made.lines[0].marks
    assert first.y > second.y
    assert first.x < second.x


def test_small_differences_do_not_fill_the_canvas() -> None:
    made = drawn(0.50, 0.51)
    percents = [percent for percent, _ in made.ticks]
    assert max(percents) - min(percents) >= 40


def test_intervals_stand_inside_the_scale() -> None:
    series = Series("sealed", "sealed", (Reading(0, 0.98, 0.9, 1.0),))
    made = curve([series], [Step("release 1")])
    assert made is not None
    mark = made.lines[0].marks[0]
    assert mark.y_low is not None
    assert mark.y_high is not None
    assert TOP <= mark.y_high < mark.y < mark.y_low <= HEIGHT - BOTTOM


def test_each_series_has_a_shape_of_its_own() -> None:
    made = drawn(0.5, 0.5, 0.5, 0.5)
    shapes = {line.marks[0].path.split()[2][:1] for line in made.lines}
    assert len(shapes) >= 3


def counted(digest: str, correct: int) -> Counted:
    return Counted(digest, 10, correct, 0.1, 0.9)


def test_releases_come_in_their_order_and_unmeasured_ones_are_left_out() -> None:
    counts = [counted("d3", 9), counted("d1", 5), counted("d9", 2)]
    graph = graph_of_releases([(1, "d1"), (2, "d2"), (3, "d3")], counts)
    assert [step.label for step in graph.steps] == ["release 1", "release 3"]
    assert graph.at("reviews", 0) == Reading(0, 0.5, 0.1, 0.9, 10)
    assert graph.at("reviews", 1) == Reading(1, 0.9, 0.1, 0.9, 10)
    assert [one.name for one in graph.series] == ["reviews"]


def test_a_report_starts_at_its_baseline_and_ends_with_the_fresh_count() -> None:
    graph = graph_of_report(LoopReport.model_validate(REPORT))
    assert [step.label for step in graph.steps][:2] == ["baseline", "cycle 1"]
    assert graph.at("fresh", 0) == Reading(0, 0.541, 0.51, 0.572, 1000)
    assert graph.at("fresh", 4) == Reading(4, 0.781, 0.754, 0.806, 1000)
    assert graph.at("fresh", 2) is None
    cell = graph.at("new", 3)
    assert cell is not None
    assert (cell.share, cell.n) == (0.76, 130)


def test_a_report_as_short_as_the_issue_allows_is_drawn() -> None:
    short = {
        "baseline": {"mine": 0.5, "fresh": 0.52},
        "cycles": [{"n": 1, "mine": 0.6, "select": 0.6, "sealed": 0.6}],
        "final": {"mine": 0.6, "fresh": {"agreement": 0.7, "n": 1000, "ci": [0.67, 0.73]}},
        "seconds": 100,
    }
    graph = graph_of_report(LoopReport.model_validate(short))
    assert graph.at("fresh", 0) == Reading(0, 0.52)
    assert graph.at("fresh", 1) == Reading(1, 0.7, 0.67, 0.73, 1000)


def test_a_rounded_final_figure_does_not_push_out_the_full_one() -> None:
    rounded = {
        "baseline": {"mine": 0.5},
        "cycles": [
            {"n": 1, "figures": {"mine": {"agreement": 53 / 54, "n": 54, "ci": [0.9, 0.99]}}}
        ],
        "final": {"mine": 0.9815},
    }
    graph = graph_of_report(LoopReport.model_validate(rounded))
    assert graph.at("mine", 1) == Reading(1, 53 / 54, 0.9, 0.99, 54)


@pytest.mark.parametrize(
    "report",
    [{}, {"baseline": {"mine": 1.2}}, {"baseline": {}, "cycles": [{"n": 0}]}],
)
def test_a_report_that_cannot_be_is_refused(report: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"baseline|n"):
        LoopReport.model_validate(report)


def test_the_fresh_count_after_the_first_cycle_stands_at_the_first_cycle() -> None:
    rate = {"agreement": 0.8, "n": 100, "ci": [0.71, 0.87]}
    cycles = [{"n": n, "new": 0.7} for n in (1, 2, 3)]
    final = {"fresh": {**rate, "agreement": 0.9}, "after_first_cycle": rate}
    report = {"baseline": {"fresh": 0.5}, "cycles": cycles, "final": final}
    graph = graph_of_report(LoopReport.model_validate(report))
    assert [
        (one.step, one.share) for s in graph.series if s.name == "fresh" for one in s.readings
    ] == [
        (0, 0.5),
        (1, 0.8),
        (3, 0.9),
    ]
