"""From feedback and a trace to a labelled example."""

import json

import pytest
from pawl_sdk.bundle import Task

from libs.contracts.api import TraceTree
from libs.contracts.groups import GROUP_CHARS_MAX, group_of
from services.datasets.domain.example import (
    NotYetReadable,
    UnusableFeedback,
    agent_of,
    example_of,
    says_what_was_right,
)
from tests.services.datasets.world import AGENT, feedback, request, trace

TASK = Task(label="decision", labels=("approve", "reject", "flag"), group_by=("department",))
TRACE_ID = f"{7:032x}"


def tree(output: object = None, **changes: object) -> TraceTree:
    """The trace of request 7; `changes` go to its root span."""
    made = trace(request(7), output or {"decision": "flag"}, TRACE_ID, "sha256:x")
    root = made.spans[0].model_copy(update=changes)
    return made.model_copy(update={"spans": (root,)})


@pytest.mark.parametrize("expected", ["approve", {"decision": "approve", "note": "x"}])
def test_a_label_may_stand_bare_or_in_an_object(expected) -> None:
    example = example_of(feedback(request(7), TRACE_ID, expected), tree(), AGENT, TASK)
    assert (example.expected, example.answered) == ("approve", "flag")
    assert example.input == request(7)
    assert example.facts["request"] == request(7)


def test_the_group_is_what_stands_at_the_paths_of_the_task() -> None:
    example = example_of(feedback(request(7), TRACE_ID), tree(), AGENT, TASK)
    assert example.group == '["Security"]'


def test_a_confirmation_takes_the_answer_for_the_label() -> None:
    said = feedback(request(7), TRACE_ID).model_copy(
        update={"kind": "confirmation", "expected": None}
    )
    assert example_of(said, tree(), AGENT, TASK).expected == "flag"


def test_a_label_that_the_task_does_not_know_is_refused_with_those_it_does() -> None:
    with pytest.raises(UnusableFeedback, match=r"one of \['approve', 'reject', 'flag'\]"):
        example_of(feedback(request(7), TRACE_ID, "maybe"), tree(), AGENT, TASK)
    with pytest.raises(UnusableFeedback, match="an object with 'decision'"):
        example_of(feedback(request(7), TRACE_ID, {"verdict": "yes"}), tree(), AGENT, TASK)


def test_only_feedback_that_says_what_was_right_can_label() -> None:
    said = feedback(request(7), TRACE_ID)
    assert says_what_was_right(said)
    assert says_what_was_right(said.model_copy(update={"kind": "confirmation", "expected": None}))
    assert not says_what_was_right(said.model_copy(update={"kind": "thumb"}))
    assert not says_what_was_right(said.model_copy(update={"expected": None}))


def test_a_trace_without_its_root_or_its_facts_waits_until_it_is_complete() -> None:
    said = feedback(request(7), TRACE_ID)
    with pytest.raises(NotYetReadable, match="root span"):
        example_of(said, tree(parent_span_id="2" * 16), AGENT, TASK)
    bare = tree(attributes={})
    unfinished = bare.model_copy(
        update={"summary": bare.summary.model_copy(update={"complete": False})}
    )
    with pytest.raises(NotYetReadable, match=r"pawl\.facts"):
        example_of(said, unfinished, AGENT, TASK)
    assert example_of(said, bare, AGENT, TASK).facts == {}


def test_facts_are_found_on_the_span_of_the_rules_too() -> None:
    made = tree(attributes={})
    facts = json.dumps({"request": {"id": "x"}})
    rules = made.spans[0].model_copy(
        update={
            "span_id": "3" * 16,
            "parent_span_id": "1" * 16,
            "attributes": {"pawl.facts": facts},
        }
    )
    both = made.model_copy(update={"spans": (*made.spans, rules)})
    assert example_of(feedback(request(7), TRACE_ID), both, AGENT, TASK).facts == {
        "request": {"id": "x"}
    }


def test_a_run_without_an_answer_is_an_example_all_the_same() -> None:
    failed = example_of(feedback(request(7), TRACE_ID), _without_output(), AGENT, TASK)
    assert (failed.expected, failed.answered) == ("approve", None)


def _without_output() -> TraceTree:
    made = tree()
    return made.model_copy(update={"spans": (made.spans[0].model_copy(update={"output": None}),)})


def test_an_unnamed_agent_is_read_from_the_trace() -> None:
    assert agent_of(feedback(request(7), TRACE_ID, agent=None), tree()) == AGENT
    nameless = tree(agent=None)
    nameless = nameless.model_copy(
        update={"summary": nameless.summary.model_copy(update={"agent": None})}
    )
    with pytest.raises(UnusableFeedback, match=r"pawl\.agent"):
        agent_of(feedback(request(7), TRACE_ID, agent=None), nameless)


def test_groups_are_equal_for_equal_values_and_fall_back_to_the_whole_input() -> None:
    one, other = {"a": {"b": 1}, "id": 1}, {"a": {"b": 1}, "id": 2}
    assert group_of(one, ["a.b"]) == group_of(other, ["a.b"]) == "[1]"
    assert group_of(one, ["a.b", "none"]) == "[1,null]"
    assert group_of(one, []) != group_of(other, [])
    assert group_of(one, ["none"]) == group_of({"id": 1, "a": {"b": 1}}, ["none"])
    assert group_of("text", ["a"]) == '"text"'


def test_what_the_agent_said_before_its_rules_stands_beside_its_answer() -> None:
    """The world's agent drafts `flag`; a run that tells no draft has none."""
    ruled = example_of(feedback(request(7), TRACE_ID), tree({"decision": "reject"}), AGENT, TASK)
    assert (ruled.base, ruled.answered) == ("flag", "reject")
    for facts in ({}, {"draft": "flag"}, {"draft": {"other": 1}}, {"draft": {"decision": [1]}}):
        told = tree(attributes={"pawl.facts": json.dumps({"request": {}} | facts)})
        assert example_of(feedback(request(7), TRACE_ID), told, AGENT, TASK).base is None


def test_a_group_fits_into_a_column_and_an_event() -> None:
    long = [group_of({"text": "x" * 1000 + end}, ["text"]) for end in ("", "y", "\ud83d")]
    assert len(set(long)) == 3
    assert max(map(len, long)) <= GROUP_CHARS_MAX
