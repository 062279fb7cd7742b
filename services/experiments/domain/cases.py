"""Reviews as an experiment needs them: what is replayed, and what it is compared with."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from pydantic import JsonValue

from libs.contracts.api import ExampleView
from libs.contracts.base import Model
from libs.facts import fingerprint


class Case(Model):
    """One review. `answered` is what the run under `config_digest` said; both may be unknown."""

    example_key: str
    trace_id: str
    group: str
    input: JsonValue
    expected: JsonValue
    position: int
    answered: JsonValue = None
    config_digest: str | None = None
    facts: dict[str, Any] = {}
    reason: str = ""

    @cached_property
    def input_hash(self) -> str:
        """Tells a replay of this input from one of an earlier input under the same key."""
        return fingerprint(self.input, 32)


Cases = tuple[Case, ...]
"""In the order of the log."""


def case_of(review: ExampleView) -> Case:
    """From what datasets lists."""
    return Case(
        example_key=review.example_key,
        trace_id=review.trace_id,
        group=review.group,
        input=review.input,
        expected=review.expected,
        position=review.position,
        answered=review.answered,
        config_digest=review.config_digest,
        facts=review.facts,
        reason=review.reason,
    )


def lessons_of(cases: Iterable[Case], lessons_max: int) -> Cases:
    """The newest word on each example; of more than `lessons_max` the newest."""
    newest = {case.example_key: case for case in cases}
    return tuple(sorted(newest.values(), key=lambda case: case.position)[-lessons_max:])


def fresh_of(cases: Iterable[Case], known: Iterable[str]) -> Cases:
    """Reviews of examples that were no lesson yet: the first word on each, later ones repeat it."""
    seen, fresh = set(known), []
    for case in cases:
        if case.example_key not in seen:
            seen.add(case.example_key)
            fresh.append(case)
    return tuple(fresh)


def group_count(cases: Sequence[Case]) -> int:
    """Independent pieces of evidence: near-copies are one."""
    return len({case.group for case in cases})
