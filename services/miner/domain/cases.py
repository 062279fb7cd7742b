"""Labelled examples as cases of the learner."""

from collections.abc import Mapping

from libs.contracts.api import ExampleView
from libs.facts import flatten
from libs.learning import Case


def case_of(example: ExampleView) -> Case:
    """From an example of the mine split."""
    inputs = example.input if isinstance(example.input, Mapping) else {}
    return Case(
        key=example.example_key,
        trace_id=example.trace_id,
        facts=flatten(example.facts),
        inputs=inputs,
        answered="" if example.answered is None else str(example.answered),
        expected=str(example.expected),
        precedent=example.precedent,
        reason=example.reason,
    )
