"""One shape for every condition: `a ? b : c` and `!(a && b)` become and, or and not of tests."""

from services.experiments.domain.gaming.cel_tokens import Unreadable
from services.experiments.domain.gaming.cel_tree import Node, parse

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
TEXT_MAX = 20_000
"""Nested choices double with each level."""


def normal(expression: str) -> str:
    """An expression with the same truth, negations at its tests only; raises `Unreadable`.

    Where a test fails with an error the two may differ; the engine passes over such a rule.
    """
    return _said(parse(expression), expression, True)


def _said(node: Node, source: str, positive: bool) -> str:
    if node.kind in ("and", "or"):
        sign = "&&" if (node.kind == "and") == positive else "||"
        text = _joined(sign, *(_said(part, source, positive) for part in node.parts))
    elif node.kind == "cond":
        test, yes, no = node.parts
        held = _joined("&&", _said(test, source, True), _said(yes, source, positive))
        other = _joined("&&", _said(test, source, False), _said(no, source, positive))
        text = _joined("||", held, other)
    elif node.kind == "not":
        text = _said(node.parts[0], source, not positive)
    else:
        text = _test(node, source, positive)
    if len(text) > TEXT_MAX:
        raise Unreadable("too many nested choices")
    return text


def _joined(sign: str, *parts: str) -> str:
    """Without constants, which decide or say nothing."""
    neutral, decides = ("true", "false") if sign == "&&" else ("false", "true")
    if decides in parts:
        return decides
    left = [part for part in parts if part != neutral]
    if len(left) < 2:
        return left[0] if left else neutral
    return "(" + f" {sign} ".join(left) + ")"


def _test(node: Node, source: str, positive: bool) -> str:
    if node.kind == "relation" and node.name in ("==", "!="):
        for truth, other in (node.parts, reversed(node.parts)):
            if truth.kind == "literal" and isinstance(truth.value, bool) and _is_test(other):
                same = truth.value == (node.name == "==")
                return _said(other, source, positive == same)
    if node.kind == "literal" and isinstance(node.value, bool):
        return "true" if node.value == positive else "false"
    if positive:
        return node.text(source)
    if node.kind == "relation" and node.name in OPPOSITE and len(node.parts) == 2:
        left, right = node.parts
        if left.kind != "relation":
            return f"{left.text(source)} {OPPOSITE[node.name]} {right.text(source)}"
    return f"!({node.text(source)})"


def _is_test(node: Node) -> bool:
    """A comparison with true or false says nothing more than the test itself."""
    return node.kind in ("and", "or", "not", "cond", "relation") or (
        node.kind == "call" and node.name in ("matches", "contains", "startsWith", "endsWith")
    )
