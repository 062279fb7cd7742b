"""Where a trace's time went: shares add up, circles and overlaps do not matter."""

from hypothesis import given
from hypothesis import strategies as st

from services.traces.domain.latency import Interval, latency_shares


def critical(*spans: Interval) -> dict[str, int]:
    shares, _ = latency_shares(spans)
    return {key: share.critical_ns for key, share in shares.items()}


def test_the_critical_path_goes_through_the_child_that_was_waited_for() -> None:
    found = critical(
        Interval("root", None, 0, 100),
        Interval("fast", "root", 10, 30),
        Interval("slow", "root", 10, 90),
        Interval("inner", "slow", 20, 60),
    )
    assert found == {"root": 20, "fast": 0, "slow": 40, "inner": 40}


def test_children_one_after_another_are_all_on_the_path() -> None:
    found = critical(
        Interval("root", None, 0, 100), Interval("a", "root", 0, 40), Interval("b", "root", 50, 100)
    )
    assert found == {"root": 10, "a": 40, "b": 50}


def test_own_time_counts_overlapping_children_once() -> None:
    shares, order = latency_shares(
        [
            Interval("root", None, 0, 100),
            Interval("b", "root", 30, 70),
            Interval("a", "root", 10, 50),
        ]
    )
    assert shares["root"].self_ns == 40
    assert order == ["root", "a", "b"]


def test_a_circle_of_parents_still_shows_every_span_once() -> None:
    _, order = latency_shares([Interval("a", "b", 0, 10), Interval("b", "a", 1, 5)])
    assert sorted(order) == ["a", "b"]


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    shares, _ = latency_shares([Interval("a", "a", 0, 10)])
    assert (shares["a"].depth, shares["a"].self_ns) == (0, 10)


spans = st.lists(
    st.builds(
        lambda number, parent, start, length: Interval(
            str(number), None if parent is None else str(parent), start, start + length
        ),
        st.integers(0, 12),
        st.none() | st.integers(0, 12),
        st.integers(0, 50),
        st.integers(-5, 50),
    ),
    unique_by=lambda span: span.span_id,
    max_size=12,
)


@given(spans)
def test_whatever_the_tree_every_span_is_there_once_and_the_path_adds_up(
    found: list[Interval],
) -> None:
    shares, order = latency_shares(found)
    assert sorted(order) == sorted(span.span_id for span in found)
    assert all(share.self_ns >= 0 and share.critical_ns >= 0 for share in shares.values())
    roots = [span for span in found if shares[span.span_id].depth == 0]
    longest = max((span.end_ns - span.start_ns for span in roots), default=0)
    assert sum(share.critical_ns for share in shares.values()) == max(0, longest)
