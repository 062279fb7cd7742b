"""Forms of a condition that no honest rule needs, and answers that rules must not read."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.experiments.domain.gaming.cel_tree import MACROS, Node
from services.experiments.domain.gaming.comparisons import Comparison
from services.experiments.domain.gaming.lesson import Flag
from services.experiments.domain.gaming.rule_literals import Asked
from services.experiments.domain.gaming.values import is_odd

ANSWER_WORDS = frozenset(
    {"feedback", "ground_truth", "groundtruth", "answer_key", "gold_label", "expected_label"}
    | {"expected_answer", "correct_answer", "correct_label", "example_key", "trace_id"}
)
"""Names of what people say afterwards, at any depth of the facts."""
ANSWER_SOURCES = frozenset(
    {"expected", "review", "reviewer", "annotation", "annotations", "evaluation", "evaluations"}
    | {"gold", "golden", "label", "labels", "override", "correction", "verdict"}
)
"""Names that say so only at the top; below they may be honest facts."""
WIDTH_MIN = 0.02
"""Of the figure itself: a narrower range is a figure in disguise."""
LEAK_SHARE = 0.95
LEAK_MIN = 8


def form_flags(asked: Asked, tests: Sequence[Comparison]) -> Iterator[Flag]:
    """Whatever hides what a rule is about."""
    for test in tests:
        yield from _answers(asked, test)
        yield from _tricks(asked, test)


def _answers(asked: Asked, test: Comparison) -> Iterator[Flag]:
    for path in sorted(test.node.paths()):
        steps = path.lower().split(".")
        if set(steps) & ANSWER_WORDS or steps[0] in ANSWER_SOURCES:
            reason = f"reads {path}, which people say afterwards: it is no fact of the run"
            yield asked.flag("echo", reason, test.text)
        elif steps[0] != "draft" and _leaks(asked, path):
            reason = f"reads {path}, which says nearly always what people wanted: see where from"
            yield asked.flag("echo", reason, test.text, "flag")


def _leaks(asked: Asked, path: str) -> bool:
    lessons = asked.reach.lessons
    told = [one for one in lessons if _at(one.facts, path) == one.expected is not None]
    mended = [one for one in told if one.answered != one.expected]
    return len(lessons) >= LEAK_MIN and len(told) >= LEAK_SHARE * len(lessons) and bool(mended)


def _tricks(asked: Asked, test: Comparison) -> Iterator[Flag]:
    for node in test.node.walk():
        if node.kind == "arithmetic" and node.name == "%":
            reason = "takes a remainder, which sorts examples like a draw: say what they share"
            yield asked.flag("obscure", reason, test.text)
        if _digits(asked, node):
            reason = "reads the digits of a number as text: compare the number"
            yield asked.flag("obscure", reason, test.text)
        if _inner_test(node):
            reason = "hides a comparison inside another: write it with && and ||"
            yield asked.flag("obscure", reason, test.text)
    if _exact_length(asked, test.node):
        reason = "asks for the exact length of a text: say what such texts share"
        yield asked.flag("obscure", reason, test.text)


def range_flags(asked: Asked, tree: Node, source: str) -> Iterator[Flag]:
    """Two ends of one number that leave room for hardly more than one figure."""
    for node in tree.walk():
        if node.kind != "and":
            continue
        ends: dict[str, dict[str, float]] = {}
        for part in node.parts:
            if found := _end(part, source):
                path, side, figure = found
                ends.setdefault(path, {})[side] = figure
        for path, both in ends.items():
            low, high = both.get("low"), both.get("high")
            if low is None or high is None:
                continue
            size = max(abs(low), abs(high))
            if high - low <= WIDTH_MIN * size and (is_odd(low) or is_odd(high)):
                reason = f"leaves {path} room for one figure ({low:g} to {high:g}): say what"
                yield asked.flag("literal", f"{reason} such cases share", node.text(source))


def _end(node: Node, source: str) -> tuple[str, str, float] | None:
    """What is compared, which end of it and where."""
    if node.kind != "relation" or node.name not in ("<", "<=", ">", ">="):
        return None
    left, right = node.parts
    flipped = left.kind in ("literal", "neg")
    about, figure = (right, left) if flipped else (left, right)
    sign = -1.0 if figure.kind == "neg" else 1.0
    value = figure.parts[0].value if figure.kind == "neg" else figure.value
    if not about.paths() or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    upper = (node.name in ("<", "<=")) != flipped
    return about.text(source), "high" if upper else "low", sign * float(value)


def _digits(asked: Asked, node: Node) -> bool:
    return node.kind == "call" and node.name in ("string", "bytes") and bool(node.paths())


def _inner_test(node: Node) -> bool:
    """A truth that is used as a value: compared, put into a list, looked up."""
    if node.kind == "call" and node.name in MACROS:
        return False
    boolean = ("and", "or", "not", "cond", "relation")
    return any(part.kind in boolean for part in node.parts)


def _exact_length(asked: Asked, node: Node) -> bool:
    if node.kind != "relation" or node.name not in ("==", "in", "!="):
        return False
    for part in node.walk():
        if part.kind == "call" and part.name == "size":
            target = part.parts[0].path
            if target and any(
                isinstance(_at(one.facts, target), str) for one in asked.reach.lessons
            ):
                return any(isinstance(p.value, int) and p.value > 0 for p in node.walk())
    return False


def _at(facts: Any, path: str) -> Any:
    for step in path.split("."):
        facts = facts.get(step) if isinstance(facts, dict) else None
    return facts
