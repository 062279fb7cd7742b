"""Conditions in words for a person who has never seen the facts' names."""

from collections.abc import Sequence
from itertools import groupby

from pydantic import JsonValue

from libs.contracts.events.clusters import Condition

DRAFT = "draft"
"""What the agent would answer by itself stands under this fact."""
OWN = "the agent"


def in_words(conditions: Sequence[Condition]) -> str:
    """`the request's vendor is Acme and its amount is at least 3,500`."""
    said: list[str] = []
    for owner, group in groupby(conditions, key=lambda one: one.fact.rpartition(".")[0]):
        subject = _owner(owner)
        for fact, same in groupby(group, key=lambda one: one.fact):
            about = list(same)
            said += _ranges(fact, about, subject) or [_one(one, subject) for one in about]
            subject = "it" if owner else ""
    return " and ".join(said)


def _ranges(fact: str, about: Sequence[Condition], subject: str) -> list[str]:
    """Two ends of one number are said as one."""
    ends = {one.op: _value(one.value) for one in about}
    if len(about) != 2 or ends.keys() != {"ge", "lt"}:
        return []
    words = fact.rpartition(".")[2].replace("_", " ")
    return [f"{_possessive(subject, words)} is from {ends['ge']} to below {ends['lt']}"]


def _owner(path: str) -> str:
    """`vendor.contract` -> `the vendor contract`; a fact without an owner has none."""
    if path == DRAFT:
        return OWN
    return "the " + path.replace(".", " ").replace("_", " ") if path else ""


def _one(condition: Condition, subject: str) -> str:
    name = condition.fact.rpartition(".")[2]
    if isinstance(condition.value, bool) and condition.op in ("eq", "ne"):
        return _truth(name, subject, condition.value == (condition.op == "eq"))
    words = name.replace("_", " ")
    return f"{_possessive(subject, words)} {_predicate(condition)}"


def _possessive(subject: str, words: str) -> str:
    if not subject:
        return f"the {words}"
    if subject == OWN:
        return f"the agent's own {words}"
    return f"its {words}" if subject == "it" else f"{subject}'s {words}"


def _truth(name: str, subject: str, true: bool) -> str:
    """`is_renewal` and `has_contract` are spoken as what they ask."""
    verb, _, rest = name.partition("_")
    subject = subject or "it"
    if verb == "has" and rest:
        return f"{subject} has {'a' if true else 'no'} {rest.replace('_', ' ')}"
    mark = rest if verb == "is" and rest else name
    return f'{subject} is {"" if true else "not "}marked "{mark.replace("_", " ")}"'


def _predicate(condition: Condition) -> str:
    value = _value(condition.value)
    match condition.op:
        case "eq":
            return f"is {value}"
        case "ne":
            return f"is not {value}"
        case "ge":
            return f"is at least {value}"
        case "lt":
            return f"is below {value}"
        case "in":
            return f"is one of {value}"
        case "missing":
            return "is missing" if condition.value else "is known"
        case "size_ge":
            return f"number at least {value}"
        case "size_lt":
            return "are none" if condition.value == 1 else f"number below {value}"
        case "percent_ge":
            return f"names {value} % or more"
        case _:
            return f"include {value}" if condition.of_list else f'mentions "{value}"'


def _value(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
