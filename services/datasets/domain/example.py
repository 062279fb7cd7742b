"""From what a person said of a run to a labelled example."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pawl_sdk.bundle import Task
from pydantic import JsonValue

from libs.contracts.api import SpanView, TraceTree
from libs.contracts.events import FeedbackRecorded
from libs.contracts.groups import group_of
from libs.contracts.labels import label_of
from libs.facts import TooDeep, facts_of, fingerprint, plain, read_json, storable


class NotYetReadable(Exception):
    """The trace, or the config that explains it, is not all there yet: try again later."""


class UnusableFeedback(Exception):
    """This feedback can never become an example; the text says why."""


@dataclass(frozen=True)
class Example:
    """One review. `expected`, `answered` and `base` are bare labels, None where there is none."""

    agent: str
    example_key: str
    project: str
    group: str
    trace_id: str
    input: JsonValue
    expected: JsonValue
    answered: JsonValue
    base: JsonValue
    facts: dict[str, Any]
    reason: str
    precedent: str | None
    config_digest: str | None
    review_id: str
    recorded_at: datetime

    @property
    def correct(self) -> bool:
        return self.answered == self.expected


def says_what_was_right(feedback: FeedbackRecorded) -> bool:
    """Whether this kind of feedback can label an example; a thumb alone cannot."""
    return feedback.kind == "confirmation" or (
        feedback.kind != "thumb" and feedback.expected is not None
    )


def agent_of(feedback: FeedbackRecorded, tree: TraceTree) -> str:
    """The agent that ran, by the feedback or by its trace."""
    agent = feedback.agent or tree.summary.agent or root_of(tree).agent
    if agent is None:
        raise UnusableFeedback(
            "neither the feedback nor the trace names an agent: set pawl.agent on the root span"
        )
    return agent


def root_of(tree: TraceTree) -> SpanView:
    """The span that has no parent; `NotYetReadable` while it has not come."""
    roots = [span for span in tree.spans if span.parent_span_id is None]
    if not roots:
        raise NotYetReadable("the root span has not come yet")
    return roots[0]


def example_of(feedback: FeedbackRecorded, tree: TraceTree, agent: str, task: Task) -> Example:
    """Make the example, or raise `NotYetReadable` or `UnusableFeedback`."""
    try:
        return _example(feedback, tree, agent, task)
    except TooDeep as error:
        raise UnusableFeedback(f"in the input, the answer or the facts {error}") from error


def _example(feedback: FeedbackRecorded, tree: TraceTree, agent: str, task: Task) -> Example:
    root = root_of(tree)
    if root.input is None:
        raise UnusableFeedback("the root span has no input.value to replay")
    given = read_json(root.input)
    document = plain(given)
    answered = plain(label_of(read_json(root.output), task.label)) if root.output else None
    expected = plain(label_of(feedback.expected, task.label))
    if feedback.kind == "confirmation" and expected is None:
        expected = answered
    _check_label(expected, task)
    facts = facts_of(tree)
    if not facts and not tree.summary.complete:
        raise NotYetReadable("no span with pawl.facts yet, and the trace is not complete")
    return Example(
        agent=agent,
        example_key=storable(feedback.example_key or _key_of(given)),
        project=feedback.project,
        # Of the input as it came: what `plain` makes equal need not be the same request.
        group=storable(group_of(given, task.group_by)),
        trace_id=feedback.trace_id,
        input=document,
        expected=expected,
        answered=_bare(answered),
        base=_base(facts, task.label),
        facts=facts,
        reason=storable(feedback.reason),
        precedent=None if feedback.precedent is None else storable(feedback.precedent),
        config_digest=root.config_digest or tree.summary.config_digest,
        review_id=feedback.feedback_id,
        recorded_at=feedback.recorded_at,
    )


def _base(facts: dict[str, Any], label: str) -> JsonValue:
    """What the agent said before its rules: it lays them over `draft`."""
    draft = facts.get("draft")
    return _bare(draft.get(label)) if isinstance(draft, dict) else None


def _bare(answer: Any) -> JsonValue:
    return answer if isinstance(answer, str | int | float | bool) else None


def _check_label(expected: JsonValue, task: Task) -> None:
    if expected is None or isinstance(expected, dict | list):
        raise UnusableFeedback(
            f"expected a label or an object with {task.label!r}, came {expected!r}"
        )
    if task.labels and expected not in task.labels:
        raise UnusableFeedback(f"expected one of {list(task.labels)}, came {expected!r}")


def _key_of(given: Any) -> str:
    """Equal inputs are one example, whichever run they stand in."""
    return "input:" + fingerprint(given, 16)
