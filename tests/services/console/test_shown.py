"""Diffs, spans, messages and values as the pages show them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pawl_sdk.bundle import unified_diff

from libs.contracts.api import SpanView
from libs.testkit.proposals import AT
from services.console.domain.diff import count_changes, diff_lines
from services.console.domain.messages import messages_of
from services.console.domain.spans import rows_of
from services.console.domain.words import ago, dollars, duration, label, pretty, short, value


def test_a_diff_is_told_line_by_line() -> None:
    diff = unified_diff({"rules.yaml": "a\nb\n"}, {"rules.yaml": "a\nc\n", "prompts/x.md": "n\n"})
    kinds = [(line.kind, line.text) for line in diff_lines(diff)]
    assert ("file", "prompts/x.md") in kinds
    assert ("file", "rules.yaml") in kinds
    assert ("removed", "b") in kinds
    assert ("added", "c") in kinds
    assert ("same", "a") in kinds
    assert count_changes(diff_lines(diff)) == (2, 1)


@pytest.mark.parametrize("line", ["-- x", "++ x", "@@ -1 +1 @@", "- x", "+ x", "\\ x", ""])
def test_content_that_looks_like_a_header_is_content(line: str) -> None:
    diff = unified_diff({"a.md": f"{line}\nz\n"}, {"a.md": f"z\n{line}\n"})
    lines = diff_lines(diff)
    assert [one.text for one in lines if one.kind == "file"] == ["a.md"]
    assert count_changes(lines) == (1, 1)


@given(st.lists(st.text(alphabet="ab-+@ \\", max_size=4), max_size=8), st.data())
def test_no_line_of_a_change_is_lost(before: list[str], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.text(alphabet="ab-+@ \\", max_size=4), max_size=8))
    old, new = "".join(f"{x}\n" for x in before), "".join(f"{x}\n" for x in after)
    lines = diff_lines(unified_diff({"a.md": old}, {"a.md": new}))
    if old != new:
        assert len(before) - len(after) == count_changes(lines)[1] - count_changes(lines)[0]


def span(id_: str, parent: str | None, start: float = 0.0, ms: float = 10.0) -> SpanView:
    begun = AT + timedelta(milliseconds=start)
    return SpanView(
        project="p",
        trace_id="0" * 32,
        span_id=id_,
        parent_span_id=parent,
        name=id_,
        kind="CHAIN",
        status="OK",
        started_at=begun,
        ended_at=begun + timedelta(milliseconds=ms),
        duration_ms=ms,
    )


def shown(*spans: SpanView) -> list[tuple[str, int]]:
    return [(row.span.span_id, row.depth) for row in rows_of(spans)]


def test_children_stand_below_their_parent_by_start() -> None:
    spans = [span("c", "a", 5), span("b", "a", 2), span("a", None), span("d", "b", 3)]
    assert shown(*spans) == [("a", 0), ("b", 1), ("d", 2), ("c", 1)]


def test_a_span_whose_parent_never_came_is_a_root() -> None:
    assert shown(span("a", "lost"), span("b", "a", 1)) == [("a", 0), ("b", 1)]


def test_spans_in_a_circle_are_shown_once_each() -> None:
    circle = [span("a", "b"), span("b", "a", 1), span("c", "c", 2)]
    assert sorted(shown(*circle)) == [("a", 0), ("b", 1), ("c", 0)]


def test_a_chain_of_ten_thousand_spans_is_no_recursion() -> None:
    chain = [span(str(n), str(n - 1) if n else None) for n in range(10_000)]
    assert shown(*chain)[-1] == ("9999", 9999)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20))
def test_every_bar_lies_within_the_trace(times: list[tuple[float, float]]) -> None:
    spans = [span(str(n), None, start, ms) for n, (start, ms) in enumerate(times)]
    for row in rows_of(spans):
        assert 0 <= row.start < 1
        assert row.width > 0
        assert row.start + row.width <= 1 + 1e-9


@pytest.mark.parametrize(
    "said",
    [None, "text", 7, {"role": "user"}, [1, 2], ["a"], [None], [[]], [{"role": "user"}, "x"]],
)
def test_what_is_no_conversation_is_shown_raw_instead(said: Any) -> None:
    assert messages_of(said) == ()


def test_a_conversation_keeps_its_parts_in_order() -> None:
    said = [
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image", "url": 1}]},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "f"}]},
        {"content": "who?"},
        {"role": 'x" onload="y', "content": ""},
    ]
    user, assistant, nobody, odd = messages_of(said)
    assert user.parts == ("hi", {"type": "image", "url": 1})
    assert assistant.parts == ([{"name": "f"}],)
    assert (nobody.role, nobody.parts) == ("message", ("who?",))
    assert odd.role_class == "xonloady"


def test_json_is_indented_and_anything_else_left_alone() -> None:
    indented, broken = pretty('{"a":[1]}'), pretty('{"a":')
    assert indented is not None
    assert broken is not None
    assert indented.text == '{\n  "a": [\n    1\n  ]\n}'
    assert broken.text == '{"a":'
    assert pretty("") is None
    assert pretty("[" * 100_000) is not None


def test_what_is_cut_is_counted() -> None:
    cut = value("x" * 30, chars_max=20)
    assert (len(cut.text), cut.hidden) == (20, 10)


def test_words() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    past = [ago(now, now - timedelta(seconds=s)) for s in (1, 42, 600, 7200, 200_000)]
    assert past == ["just now", "42 s ago", "10 min ago", "2 h ago", "2 d ago"]
    assert ago(now, now + timedelta(days=3)) == "in 3 d"
    assert [duration(ms) for ms in (0.25, 4.2, 42, 1234, 125_000)] == [
        "250 µs",
        "4.2 ms",
        "42 ms",
        "1.2 s",
        "2 min 5 s",
    ]
    assert [dollars(x) for x in (None, 0.0, 0.00421, 12.5)] == ["–", "$0", "$0.0042", "$12.50"]
    assert short("sha256:" + "ab" * 32) == "abababababab"
    assert (short(None), label("approve"), label({"a": 1})) == ("–", "approve", '{"a": 1}')
