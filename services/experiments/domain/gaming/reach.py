"""Where conditions hold: expressions evaluated on the facts of the lessons."""

from collections.abc import Sequence
from typing import Any

import cel
from pawl_sdk.bundle import BundleError, Rule
from pawl_sdk.bundle.recorded import as_recorded
from pawl_sdk.bundle.rules import compile_when

from services.experiments.domain.gaming.lesson import Lesson

Truths = tuple[bool, ...]


class Reach:
    """Each expression is evaluated once; an error or a value that is no truth counts as false."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self.lessons = tuple(lessons)
        facts = [as_recorded(lesson.facts) or {} for lesson in lessons]
        self._contexts = [cel.Context(variables=one) for one in facts]
        self._known: dict[str, Truths] = {}

    def truths(self, expression: str) -> Truths:
        """For each lesson whether it holds; never for an expression that does not compile."""
        if expression not in self._known:
            self._known[expression] = self._evaluated(expression)
        return self._known[expression]

    def groups(self, expression: str) -> frozenset[str]:
        """The independent groups in which it holds at least once."""
        held = zip(self.lessons, self.truths(expression), strict=True)
        return frozenset(lesson.group for lesson, holds in held if holds)

    def where(self, expression: str) -> list[Lesson]:
        held = zip(self.lessons, self.truths(expression), strict=True)
        return [lesson for lesson, holds in held if holds]

    def _evaluated(self, expression: str) -> Truths:
        try:
            program = compile_when(expression)
        except BundleError:
            return (False,) * len(self._contexts)
        return tuple(_holds(program, context) for context in self._contexts)


def _holds(program: Any, context: Any) -> bool:
    try:
        return program.execute(context) is True
    except Exception:  # of any kind: the engine passes such a rule over, too
        return False


class RuleLists:
    """What lists of rules decide on the lessons, as the SDK applies them: the first that holds."""

    def __init__(self, reach: Reach, label: str) -> None:
        self._reach = reach
        self._label = label
        self.own = tuple(_own(lesson, label) for lesson in reach.lessons)

    def fired(self, rules: Sequence[Rule]) -> list[str | None]:
        """For each lesson the id of the rule that decides it."""
        held = [(rule.id, self._reach.truths(rule.when)) for rule in rules]
        return [
            next((name for name, truths in held if truths[place]), None)
            for place in range(len(self._reach.lessons))
        ]

    def answers(self, rules: Sequence[Rule]) -> list[Any]:
        """For each lesson the label that comes out."""
        by_id = {rule.id: rule for rule in rules}
        return [
            own if name is None else by_id[name].then.get(self._label, own)
            for name, own in zip(self.fired(rules), self.own, strict=True)
        ]


def _own(lesson: Lesson, label: str) -> Any:
    """What the agent said before any rule, where its facts say so."""
    draft = lesson.facts.get("draft")
    if isinstance(draft, dict) and label in draft:
        return draft[label]
    return lesson.answered
