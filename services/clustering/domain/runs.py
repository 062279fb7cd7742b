"""A run as clustering sees it."""

from collections.abc import Iterable
from dataclasses import dataclass

from libs.contracts.api import ExampleView
from libs.facts import Flat, flatten

CONFIRMED = ""


@dataclass(frozen=True)
class Run:
    """`failure` is a token such as `override:approve->reject`, or `CONFIRMED`."""

    key: str
    trace_id: str
    failure: str
    facts: Flat
    precedent: str | None = None


def last_runs(reviews: Iterable[ExampleView]) -> list[Run]:
    """Each example by its last review; `reviews` are in the order of the log."""
    last = {one.example_key: one for one in reviews}
    return [of_example(one) for one in last.values()]


def of_example(example: ExampleView) -> Run:
    """A labelled example."""
    wrong = example.answered != example.expected
    answered = "nothing" if example.answered is None else example.answered
    return Run(
        key=example.example_key,
        trace_id=example.trace_id,
        failure=f"override:{answered}->{example.expected}" if wrong else CONFIRMED,
        facts=telling(flatten(example.facts)),
        precedent=example.precedent,
    )


def telling(facts: Flat) -> Flat:
    """Without the agent's own words: a draft's reasoning says what it did, not why it was wrong."""
    return {
        fact: value
        for fact, value in facts.items()
        if not fact.startswith("draft.") or not isinstance(value, str) or " " not in value
    }
