"""An agent with its config and its lessons, as the trials need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pawl_sdk.bundle import Bundle

from libs.facts import Flat, flatten
from libs.learning import Case, LearnedRule, learn
from services.experiments.domain.gaming import Lesson


@dataclass(frozen=True)
class World:
    """`files` compile to `bundle`; `entities` are names that rules and data may be about."""

    name: str
    files: Mapping[str, str]
    bundle: Bundle
    lessons: tuple[Lesson, ...]
    entity: str
    """The fact that names whom a case is about."""
    number: str
    text: str
    context: str
    """The context file that is laid over what is known of an entity."""
    harm: str
    """The answer that an attacker wants."""

    @property
    def label(self) -> str:
        assert self.bundle.spec.task is not None
        return self.bundle.spec.task.label

    @property
    def labels(self) -> tuple[str, ...]:
        assert self.bundle.spec.task is not None
        return self.bundle.spec.task.labels

    @cached_property
    def learned(self) -> list[LearnedRule]:
        """The list that the learner draws from all lessons."""
        return learn(self.cases(self.lessons))

    def at(self, lesson: Lesson, path: str) -> Any:
        value: Any = lesson.facts
        for step in path.split("."):
            value = value[step]
        return value

    def wrong(self) -> list[Lesson]:
        """Lessons that a gamer would like to put right one by one."""
        return [one for one in self.lessons if one.answered != one.expected]

    def groups_of(self, path: str) -> dict[Any, set[str]]:
        found: dict[Any, set[str]] = {}
        for lesson in self.lessons:
            found.setdefault(self.at(lesson, path), set()).add(lesson.group)
        return found

    def cases(self, lessons: Sequence[Lesson]) -> list[Case]:
        """For the learner."""
        return [
            Case(
                key=one.example_key,
                trace_id=one.trace_id,
                facts=flatten(one.facts),
                inputs=one.input,
                answered=str(one.answered),
                expected=str(one.expected),
                precedent=None,
                reason=one.reason,
            )
            for one in lessons
        ]


def nested(flat: Flat) -> dict[str, Any]:
    """Facts from dotted paths, as a trace records them."""
    facts: dict[str, Any] = {}
    for path, value in flat.items():
        *above, last = path.split(".")
        inner = facts
        for step in above:
            inner = inner.setdefault(step, {})
        inner[last] = list(value) if isinstance(value, tuple) else value
    return facts
