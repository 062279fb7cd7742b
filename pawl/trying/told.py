"""Rules and evidence in plain words, with columns under the names that the file gives them."""

from collections.abc import Mapping, Sequence

from libs.contracts.events import Condition
from libs.facts import in_words
from libs.learning import LearnedRule
from libs.stats.figures import plural
from pawl.trying.log import OWN_ANSWER, Log
from pawl.trying.plain_text import plain_text

NO_CONDITIONS = "always"


class Speaker:
    """Says a rule in the words of one log."""

    def __init__(self, log: Log) -> None:
        self._names = {one.path: one.words for one in log.facts} | {OWN_ANSWER: "draft.answer"}

    def conditions(self, rule: LearnedRule) -> str:
        """`the Order Amount ($) is at least 3,000 and the Region is EU`."""
        return plain_text(in_words([_named(one, self._names) for one in rule.conditions]))

    def rule(self, rule: LearnedRule) -> str:
        """One sentence; fit for a terminal."""
        when = self.conditions(rule)
        return f"Answer {plain_text(rule.answer)} " + (f"when {when}" if when else NO_CONDITIONS)


def _named(condition: Condition, names: Mapping[str, str]) -> Condition:
    return condition.model_copy(update={"fact": names.get(condition.fact, condition.fact)})


def evidence_words(e_value: float | None, p_value: float | None, level: float) -> str:
    """What the test reached, beside what it needs."""
    if e_value is not None:
        return f"e = {figure(e_value)} where {figure(1 / level)} is asked for"
    if p_value is not None:
        return f"p = {figure(p_value)} where {figure(level)} is asked for"
    return f"level {figure(level)}"


def figure(number: float) -> str:
    """Three significant digits, without an exponent where a person can read it."""
    if number == 0 or 1e-4 <= abs(number) < 1e7:
        digits = f"{number:.3g}"
        return f"{float(digits):,.0f}" if abs(number) >= 1000 else f"{float(digits):g}"
    return f"{number:.1e}"


def changed_words(added: Sequence[LearnedRule], removed: Sequence[LearnedRule]) -> str:
    """`3 rules in, 1 rule out`."""
    parts = [f"{plural(len(added), 'rule')} in"] if added else []
    parts += [f"{plural(len(removed), 'rule')} out"] if removed else []
    return ", ".join(parts) or "no rule changed"
