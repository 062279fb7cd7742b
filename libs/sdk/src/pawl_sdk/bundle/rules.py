"""Learned rules at work: the first one that is true of the facts goes over the draft answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from pawl_sdk.bundle.errors import BundleError
from pawl_sdk.bundle.merge import merged
from pawl_sdk.bundle.model import Rule
from pawl_sdk.bundle.recorded import as_recorded

if TYPE_CHECKING:
    import cel

_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
LOOPS_MAX = 2
"""Nested loops over lists would let one rule stall every run."""


@dataclass(frozen=True)
class RuleFault:
    """A rule that could not be evaluated on these facts. The run went on without it."""

    rule_id: str
    message: str


@dataclass(frozen=True)
class RuleOutcome:
    """`answer` is the draft with the fired rule's `then` over it; `fired` is its id, or None."""

    answer: dict[str, Any]
    fired: str | None
    faults: tuple[RuleFault, ...] = ()


@cache
def _engine() -> Any:
    """Loaded at the first rule: its package brings a command line that is slow to import."""
    import cel

    return cel


def compile_when(expression: str) -> "cel.Program":
    """A CEL program, or `BundleError` that says what is wrong with the expression."""
    if len(_LOOP.findall(expression)) > LOOPS_MAX:
        raise BundleError(f"expected at most {LOOPS_MAX} loops (all, exists, map, filter)")
    try:
        program: cel.Program = _engine().compile(expression)
        return program
    except ValueError as error:
        reason = str(error).splitlines()[0].partition("ERROR: ")[2] or str(error)
        raise BundleError(f"expected a CEL expression, came {expression!r}: {reason}") from error


class RuleSet:
    """Compiled once, evaluated in every run; safe to share between threads."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._compiled = [(rule, compile_when(rule.when)) for rule in rules]

    def evaluate(self, facts: Mapping[str, Any], today: date) -> RuleOutcome:
        """First match in file order wins; expired rules and rules with an error are passed over.

        Rules read the facts as a trace records them, so that a replay or the platform, which have
        nothing but the record, find the same. The answer keeps the draft's own values.
        """
        said = facts.get("draft")
        draft = dict(said) if isinstance(said, Mapping) else {}
        faults: list[RuleFault] = []
        recorded = as_recorded(facts)
        if recorded is None:  # rules cannot run, the agent can
            message = "expected facts of JSON values under text keys, without cycles"
            return RuleOutcome(draft, None, (RuleFault("*", message),))
        context = _engine().Context(variables=recorded)
        for rule, program in self._compiled:
            if rule.expires is not None and rule.expires < today:
                continue
            try:
                held = _truth(program, context)
            except Exception as error:
                faults.append(RuleFault(rule.id, _plain(error)))
                continue
            if held:
                return RuleOutcome(merged(draft, rule.then), rule.id, tuple(faults))
        return RuleOutcome(draft, None, tuple(faults))


def _truth(program: "cel.Program", context: "cel.Context") -> bool:
    result = program.execute(context)
    if not isinstance(result, bool):
        raise TypeError(f"expected true or false, came {result!r}")
    return result


def _plain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the facts have no field {error}: guard it with has()"
    return str(error)
