"""A rule in parts: the clauses of its condition, the entries of its lists, fields of its answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.experiments.domain.gaming.cel_tokens import Unreadable
from services.experiments.domain.gaming.cel_tree import Node, parse
from services.experiments.domain.parts import Part, Whole

SHORTENED = " (shortened)"
ENTRIES_MIN = 2


@dataclass(eq=False)
class _Clause:
    """A node of the condition: `and` and `or` have children, a leaf is text or a list of parts.

    `widens`: leaving it out makes the rule true more often. A guard (`has(x)`, `x != null`) is no
    part: it stays while something that needs it does.
    """

    kind: str
    text: str
    widens: bool
    paths: frozenset[str] = frozenset()
    guard: bool = False
    children: list["_Clause"] = field(default_factory=list)
    around: tuple[str, str] = ("", "")

    def leaves(self) -> Iterator["_Clause"]:
        if self.children:
            for child in self.children:
                yield from child.leaves()
        elif not self.guard:
            yield self


def rule_parts(edit: Mapping[str, Any]) -> Whole:
    """Of an `add_rule`. A condition that cannot be read is one part."""
    rule: dict[str, Any] = edit["rule"]
    try:
        tree = _read(parse(str(rule["when"])), str(rule["when"]))
    except (Unreadable, KeyError):
        tree = _Clause("conjunct", str(rule.get("when")), True)
    clauses = list(tree.leaves())
    then: dict[str, Any] = rule["then"]
    fields = list(then) if len(then) > 1 else []

    def rebuilt(kept: Sequence[bool]) -> dict[str, Any] | None:
        if all(kept):
            return dict(edit)
        stays = {clause for clause, stay in zip(clauses, kept, strict=False) if stay}
        written = dict(zip(fields, kept[len(clauses) :], strict=True))
        left = {name: then[name] for name in then if written.get(name, True)}
        when = _said(tree, stays)
        if when is None or not left:
            return None
        because = str(rule.get("because", "")) + SHORTENED
        return {**edit, "rule": {**rule, "when": when, "then": left, "because": because}}

    parts = [Part(one.kind, one.text, one.widens) for one in clauses]
    parts += [Part("field", f"{name}: {then[name]}", False) for name in fields]
    return Whole(tuple(parts), rebuilt)


def _read(node: Node, source: str, widens: bool = True, kind: str = "conjunct") -> _Clause:
    if node.kind in ("and", "or"):
        inner = "conjunct" if node.kind == "and" else "disjunct"
        clause = _Clause(node.kind, node.text(source), widens)
        clause.children = [_read(one, source, node.kind == "and", inner) for one in node.parts]
        if node.kind == "and":
            _find_guards(clause, node)
        return clause
    if found := _list_of(node):
        entries, excludes = found
        clause = _Clause("list", node.text(source), widens)
        start, end = entries.start - node.start, entries.end - node.start
        clause.around = (clause.text[:start], clause.text[end:])
        clause.paths = node.paths()
        clause.children = [_Clause("entry", one.text(source), excludes) for one in entries.parts]
        return clause
    return _Clause(kind, node.text(source), widens, node.paths())


def _list_of(node: Node) -> tuple[Node, bool] | None:
    """The list of `x in [...]` and whether its entries except; None for any other test."""
    inner, excludes = node, False
    while inner.kind == "not":
        inner, excludes = inner.parts[0], not excludes
    if inner.kind == "relation" and inner.name == "in":
        entries = inner.parts[1]
        if entries.kind == "list" and len(entries.parts) >= ENTRIES_MIN:
            return entries, excludes
    return None


def _find_guards(clause: _Clause, node: Node) -> None:
    """`has(a.b)` and `a.b != null` before something that reads `a.b` or below."""
    for place, (child, part) in enumerate(zip(clause.children, node.parts, strict=True)):
        guarded = _guarded(part)
        later = [one for one in clause.children[place + 1 :] if not _is_guard_of(one, guarded)]
        if guarded and any(_needs(one, guarded) for one in later):
            child.guard, child.paths = True, frozenset([guarded])


def _guarded(node: Node) -> str | None:
    if node.kind == "call" and node.name == "has" and not node.method and node.parts:
        return node.parts[0].path
    if node.kind == "relation" and node.name == "!=":
        left, right = node.parts
        if right.kind == "literal" and right.value is None:
            return left.path
    return None


def _is_guard_of(clause: _Clause, path: str | None) -> bool:
    return clause.guard and clause.paths == frozenset([path])


def _needs(clause: _Clause, path: str, stays: set[_Clause] | None = None) -> bool:
    """Whether it reads the path, with these leaves or with all."""
    below = {one for part in _alive(clause, stays) for one in part.paths}
    return any(one == path or one.startswith(f"{path}.") for one in below)


def _alive(clause: _Clause, stays: set[_Clause] | None) -> list[_Clause]:
    """The clause and those below it that have a leaf left."""
    below = [part for child in clause.children for part in _alive(child, stays)]
    own = bool(below) if clause.children else stays is None or clause in stays
    return [clause, *below] if own else []


def _said(clause: _Clause, stays: set[_Clause]) -> str | None:
    """The condition with these leaves only; None when nothing is left of it."""
    if not clause.children:
        return clause.text if clause in stays else None
    if clause.kind == "list":
        entries = [one.text for one in clause.children if one in stays]
        begin, end = clause.around
        return f"{begin}[{', '.join(entries)}]{end}" if entries else None
    left = [(one, _said(one, stays)) for one in clause.children if not one.guard]
    kept = {one: text for one, text in left if text is not None}
    if not kept:
        return None
    said = [
        kept.get(one, one.text)
        for one in clause.children
        if one in kept
        or (one.guard and any(_needs(other, min(one.paths), stays) for other in kept))
    ]
    if len(said) == 1:
        return said[0]
    if clause.kind == "and":
        wrapped = [f"({t})" if _loose(t) else t for t in said]
        return " && ".join(wrapped)
    return " || ".join(said)


def _loose(text: str) -> bool:
    """Whether it falls apart when && is written beside it."""
    return parse(text).kind in ("or", "cond")
