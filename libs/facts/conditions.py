"""What one condition means, in Python and in CEL. The two agree, a test proves it."""

import json
import re
from collections.abc import Sequence
from typing import TypeGuard

from pydantic import JsonValue

from libs.contracts.events.clusters import Condition
from libs.facts.flatten import Flat, Scalar
from libs.facts.words import percent_pattern, word_pattern


def holds(condition: Condition, facts: Flat) -> bool:
    """Whether it is true of a run. Of a fact that is missing or null only `missing` is true."""
    value = facts.get(condition.fact)
    if condition.op == "missing":
        return (value is None) == bool(condition.value)
    if value is None:
        return False
    if isinstance(value, tuple):
        return _holds_of_list(condition, value)
    return _holds_of_scalar(condition, value)


def _holds_of_list(condition: Condition, value: tuple[Scalar, ...]) -> bool:
    match condition.op:
        case "contains":
            return condition.of_list and any(same(one, condition.value) for one in value)
        case "size_ge":
            return len(value) >= _number(condition.value)
        case "size_lt":
            return len(value) < _number(condition.value)
        case "ne":
            return True  # a list is no scalar
    return False


def _holds_of_scalar(condition: Condition, value: Scalar) -> bool:
    match condition.op:
        case "eq":
            return same(value, condition.value)
        case "ne":
            return not same(value, condition.value)
        case "in":
            options = condition.value if isinstance(condition.value, list) else []
            return any(same(value, one) for one in options)
        case "ge" | "lt":
            at_least = is_number(value) and float(value) >= _number(condition.value)
            return at_least if condition.op == "ge" else is_number(value) and not at_least
        case "contains":
            asked = isinstance(value, str) and not condition.of_list
            return asked and _mentions(str(condition.value), str(value))
        case "percent_ge":
            pattern = percent_pattern(int(_number(condition.value)))
            return isinstance(value, str) and _finds(pattern, value)
        case "size_ge" | "size_lt":  # CEL counts the characters of a text
            long = isinstance(value, str) and len(value) >= _number(condition.value)
            return long if condition.op == "size_ge" else isinstance(value, str) and not long
    return False


def same(left: object, right: object) -> bool:
    """Equal in the way of JSON and CEL: `true` is not 1, 1.0 is 1."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: JsonValue) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise ValueError(f"expected a number in a condition, got {value!r}")


def _mentions(word: str, text: str) -> bool:
    if text.isascii() and word.lower() not in text.lower():
        return False  # without a regular expression: most texts do not
    return _finds(word_pattern(word), text)


def _finds(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def to_cel(conditions: Sequence[Condition], optional: frozenset[str] = frozenset()) -> str:
    """A rule's `when`. Facts in `optional` may be missing or null: they are asked for first."""
    return " && ".join(_cel(one, one.fact in optional) for one in conditions)


def _cel(condition: Condition, guarded: bool) -> str:
    if condition.op == "missing":
        present = " && ".join(_present(condition.fact))
        return f"!({present})" if condition.value else f"({present})"
    text = _cel_bare(condition)
    return " && ".join([*_present(condition.fact), text]) if guarded else text


def _present(fact: str) -> list[str]:
    """Asks for each part of the path in turn: `has` fails on what lies below a null."""
    parts = fact.split(".")
    paths = [".".join(parts[: end + 1]) for end in range(1, len(parts))]
    asked = [[f"has({path})", f"{path} != null"] for path in paths]
    return [one for pair in asked for one in pair] or [f"{fact} != null"]


def _cel_bare(condition: Condition) -> str:
    fact, literal = condition.fact, json.dumps(condition.value, ensure_ascii=False)
    match condition.op:
        case "eq" | "ne" | "ge" | "lt":
            sign = {"eq": "==", "ne": "!=", "ge": ">=", "lt": "<"}[condition.op]
            return f"{fact} {sign} {literal}"
        case "in":
            return f"{fact} in {literal}"
        case "size_ge" | "size_lt":
            return f"size({fact}) {'>=' if condition.op == 'size_ge' else '<'} {literal}"
        case "percent_ge":
            return f"{fact}.matches({json.dumps(percent_pattern(int(_number(condition.value))))})"
        case "contains" if condition.of_list:
            return f"{literal} in {fact}"
        case _:
            return f"{fact}.matches({json.dumps(word_pattern(str(condition.value)))})"
