"""The learned rules as `rules.yaml` of an agent's config folder."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pawl_sdk.bundle import compile_bundle
from pawl_sdk.bundle.yaml_text import dump

from libs.contracts.events import Condition
from libs.facts import to_cel
from libs.learning import LearnedRule
from libs.learning.standing import rule_id
from pawl.trying.log import OWN_ANSWER, Log
from pawl.trying.names import DRAFT, spelled, tokens
from pawl.trying.plain_text import plain_text, quoted
from pawl.trying.result import Result, ToldRule
from pawl.trying.role_words import AGENT

AGENT_NAME = "tried"
WHEN_CHARS_MAX = 2000
QUOTE_CHARS_MAX = 120


def rules_yaml(name: str, result: Result, today: date) -> str:
    """The served rules; where nothing was proved the newest draft, marked as such. Compiles."""
    proved = bool(result.rules)
    told = result.rules or result.candidate
    rules = list(_rules(told, result.log, proved, today))
    header = "\n".join(f"# {plain_text(one)}" for one in _header(name, result, proved, len(rules)))
    text = f"{header}\n{dump({'rules': rules})}\n"
    compile_bundle(AGENT_NAME, {"agent.yaml": f"name: {AGENT_NAME}\n", "rules.yaml": text})
    return text


def answer_field(log: Log) -> str:
    """`decision` for a column `agent_decision`: the field of the answer that rules speak of."""
    last = log.roles.answer.rpartition(".")[2]
    rest = [word for word in tokens(last) if word not in AGENT]
    return spelled(["_".join(rest) if rest else "answer"])[0]


def when_of(rule: LearnedRule, log: Log) -> str:
    """The rule's CEL expression; the agent's own answer stands under `draft`."""
    own = f"{DRAFT}.{answer_field(log)}"
    conditions = [_own(one, own, log.label_values) for one in rule.conditions]
    return to_cel(conditions, rule.optional - {OWN_ANSWER}) or "true"


def _own(condition: Condition, path: str, values: Mapping[str, Any]) -> Condition:
    if condition.fact != OWN_ANSWER:
        return condition
    value = condition.value
    said = values.get(value, value) if isinstance(value, str) else value
    return condition.model_copy(update={"fact": path, "value": said})


def _rules(
    told: Sequence[ToldRule], log: Log, proved: bool, today: date
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for one in told:
        when, name = when_of(one.rule, log), rule_id(one.rule)
        if len(when) > WHEN_CHARS_MAX or name in seen:
            continue
        seen.add(name)
        answer = one.rule.answer
        yield {
            "id": name,
            "when": when,
            "then": {answer_field(log): log.label_values.get(answer, answer)},
            "because": one.words if proved else f"Not proved: {one.words}",
            "evidence": [
                f"{one.wins} put right, {one.losses} made wrong, of {len(log.cases)} rows",
                *(plain_text(quote[:QUOTE_CHARS_MAX]) for quote in one.quotes),
            ],
            "added": today.isoformat(),
            "expires": None,
        }


def _header(name: str, result: Result, proved: bool, count: int) -> Iterator[str]:
    log = result.log
    if proved:
        yield f"Proved on {result.n} reviews of {name} by `pawl try`: what Pawl would serve."
    elif count:
        yield f"NOT PROVED. The newest draft from {result.n} reviews of {name} by `pawl try`:"
        yield "a guess to look at, not to serve. Pawl would go on testing it."
    else:
        yield f"`pawl try` learned no rule from {result.n} reviews of {name}."
    yield "The first rule whose `when` is true of the facts goes over the agent's answer."
    yield f"`then` and `{DRAFT}` name the field {quoted(answer_field(log))} of that answer: "
    yield f"it was column {quoted(log.roles.answer)}."
    yield "Facts that rules may read, null where there is none:"
    for fact in log.facts:
        how = f", {fact.how}" if fact.how else ""
        yield f"  {fact.path}: column {quoted(fact.column)}{how}"
