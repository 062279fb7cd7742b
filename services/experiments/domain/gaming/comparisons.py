"""The tests inside a condition, and what each literal in them picks out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from libs.facts.words import percent_pattern
from services.experiments.domain.gaming.cel_tree import MACROS, Node, parse

TEXT_TESTS = ("matches", "contains", "startsWith", "endsWith")
_PERCENT = re.compile(r"\(\?i\)\\b0\*\(\?:(\d{1,6})\|")


@dataclass(frozen=True)
class Comparison:
    """One comparison. `text` is what it says without a negation before it."""

    node: Node
    text: str
    negated: bool
    base: int
    """Where `text` begins in the whole expression."""

    @property
    def excludes(self) -> bool:
        """Whether its literals name what is left out."""
        unequal = self.node.kind == "relation" and self.node.name == "!="
        return self.negated != unequal


@dataclass(frozen=True)
class Pick:
    """`asks` is an expression that holds where this literal is met."""

    literal: str
    asks: str
    of: Comparison


def comparisons(expression: str) -> list[Comparison]:
    """Of an expression in normal form."""
    return list(_tests(parse(expression), expression, False))


def _tests(node: Node, source: str, negated: bool) -> Iterator[Comparison]:
    if node.kind in ("and", "or"):
        for part in node.parts:
            yield from _tests(part, source, negated)
    elif node.kind == "not":
        yield from _tests(node.parts[0], source, not negated)
    else:
        yield Comparison(node, node.text(source), negated, node.start)


def picks_of(test: Comparison) -> list[Pick]:
    """What each literal of a test meets: entries of lists one by one, alternatives of patterns."""
    return list(_entries(test)) or list(_alternatives(test)) or list(_whole(test))


def _replaced(test: Comparison, node: Node, by: str) -> str:
    return test.text[: node.start - test.base] + by + test.text[node.end - test.base :]


def _cut(test: Comparison, node: Node) -> str:
    return test.text[node.start - test.base : node.end - test.base]


def _entries(test: Comparison) -> Iterator[Pick]:
    """A list or a choice in which only one entry is left; for maps, one key with its value."""
    for node in test.node.walk():
        if node.kind not in ("list", "map", "or"):
            continue
        step = 2 if node.kind == "map" else 1
        for at in range(0, len(node.parts), step):
            last = node.parts[at + step - 1]
            entry = test.text[node.parts[at].start - test.base : last.end - test.base]
            whole = {"list": f"[{entry}]", "map": f"{{{entry}}}", "or": f"({entry})"}[node.kind]
            yield Pick(entry, _replaced(test, node, whole), test)


def _alternatives(test: Comparison) -> Iterator[Pick]:
    """`a|b` in a pattern, one by one; the pattern that asks for a percentage is one figure."""
    node = test.node
    if node.kind != "call" or node.name != "matches" or len(node.parts) != 2:
        return
    pattern = node.parts[1]
    if pattern.kind != "literal" or not isinstance(pattern.value, str):
        return
    said = _PERCENT.match(pattern.value)
    if said and percent_pattern(int(said[1])) == pattern.value:
        return
    for alternative, whole in split_pattern(pattern.value):
        yield Pick(alternative, _replaced(test, pattern, _literal(whole)), test)


def split_pattern(pattern: str) -> list[tuple[str, str]]:
    """Each alternative of the outermost choice, and the pattern with no other; none without one."""
    spans = _choices(pattern)
    if spans is None:
        return []
    begin, end, bars = spans
    cuts = [begin, *[bar + 1 for bar in bars]], [*bars, end]
    found = [pattern[left:right] for left, right in zip(*cuts, strict=True)]
    return [(one, f"{pattern[:begin]}{one}{pattern[end:]}") for one in found]


def _choices(pattern: str) -> tuple[int, int, list[int]] | None:
    """Begin, end and bars of the choice that is least deep; of equals the first."""
    opened: list[tuple[int, list[int]]] = [(0, [])]
    closed: list[tuple[int, int, int, list[int]]] = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            found = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]").match(pattern, at)
            at = found.end() - 1 if found else at
        elif sign == "(":
            inner = re.compile(r"\(\?(?:P?<\w+>|[a-zA-Z]*:)?").match(pattern, at)
            opened.append((inner.end() if inner else at + 1, []))
        elif sign == ")" and len(opened) > 1:
            begin, bars = opened.pop()
            closed.append((len(opened), begin, at, bars))
        elif sign == "|":
            opened[-1][1].append(at)
        at += 1
    closed.append((0, opened[0][0], len(pattern), opened[0][1]))
    chosen = [one for one in closed if one[3]]
    if not chosen:
        return None
    _, begin, end, bars = min(chosen)
    return begin, end, bars


def _literal(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{quoted}"'


def _whole(test: Comparison) -> Iterator[Pick]:
    """A comparison for equality with a literal, or a question to a text or a list."""
    node = test.node
    if node.kind == "relation" and node.name in ("==", "!=", "in"):
        literals = [one for one in node.parts if _telling(one)]
        if literals:
            left, right = (_cut(test, part) for part in node.parts)
            sign = "in" if node.name == "in" else "=="
            yield Pick(_cut(test, literals[0]), f"{left} {sign} {right}", test)
    elif node.kind == "call" and node.name in TEXT_TESTS and len(node.parts) == 2:
        if _telling(node.parts[1]):
            yield Pick(_cut(test, node.parts[1]), test.text, test)
    elif node.kind == "call" and node.name in MACROS:
        literal = [one for one in node.walk() if _telling(one)][:1]
        yield from (Pick(_cut(test, one), test.text, test) for one in literal)


def _telling(node: Node) -> bool:
    """A literal that can name something: no truth, no null, no empty text, no 0 or 1."""
    if node.kind in ("neg", "arithmetic"):
        return any(_telling(part) for part in node.parts)
    value = node.value
    return node.kind == "literal" and not isinstance(value, bool) and value not in (None, "", 0, 1)
