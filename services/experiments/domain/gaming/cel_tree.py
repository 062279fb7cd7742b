"""A rule's condition as a tree: what it is made of, and where each part stands in its text.

The engine compiles expressions and shows no tree. Source of the grammar: the CEL language
definition (google/cel-spec, doc/langdef.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.experiments.domain.gaming.cel_tokens import Token, Unreadable, tokens_of

RELATIONS = ("==", "!=", "<", "<=", ">", ">=", "in")
MACROS = ("all", "exists", "exists_one", "map", "filter")
DEPTH_MAX = 60


@dataclass(frozen=True)
class Node:
    """`kind` says what it is; `name` is its operator, function or field.

    Kinds: or, and, not, neg, cond, relation, arithmetic, select, call, index, list, map, struct,
    literal, name. A call's first part is its target when `method`. `start` and `end` include the
    parentheses around it.
    """

    kind: str
    start: int
    end: int
    parts: tuple["Node", ...] = ()
    name: str = ""
    value: str | int | float | bool | None = None
    method: bool = False

    def walk(self) -> Iterator["Node"]:
        """Itself and everything below, from the left."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def text(self, source: str) -> str:
        return source[self.start : self.end]

    @property
    def path(self) -> str | None:
        """`request.amount` for selections of names; None for anything else."""
        if self.kind == "name":
            return self.name
        if self.kind == "select" and (owner := self.parts[0].path):
            return f"{owner}.{self.name}"
        if self.kind == "index" and self.parts[1].kind == "literal":
            owner, key = self.parts[0].path, self.parts[1].value
            return f"{owner}.{key}" if owner and isinstance(key, str) else None
        return None

    def paths(self) -> frozenset[str]:
        """The facts that it reads, each by its longest path."""
        if (own := self.path) is not None:
            return frozenset([own])
        found = frozenset(path for part in self.parts for path in part.paths())
        if self.kind == "call" and self.method and self.name in MACROS and len(self.parts) > 2:
            bound = self.parts[1].name  # the variable of the loop is no fact
            return frozenset(one for one in found if one.split(".")[0] != bound)
        return found


def parse(text: str) -> Node:
    """The tree of an expression; raises `Unreadable`."""
    reader = _Reader(tokens_of(text))
    node = reader.expression()
    reader.expect("end")
    return node


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expect(self, value: str) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end" if value == "end" else not self._is(value):
            raise Unreadable(f"expected {value!r}, came {token.value!r}")
        self._at += 1
        return token

    def _is(self, *values: str) -> bool:
        token = self._tokens[self._at]
        return token.kind in ("sign", "name") and token.value in values

    def _take(self, *values: str) -> Token | None:
        if not self._is(*values):
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Unreadable("too deeply nested")
        test = self._joined("or", "||")
        if self._take("?"):
            yes = self._joined("or", "||")
            self.expect(":")
            no = self.expression()
            test = Node("cond", test.start, no.end, (test, yes, no))
        self._depth -= 1
        return test

    def _joined(self, kind: str, sign: str) -> Node:
        parts = [self._joined("and", "&&") if kind == "or" else self._relation()]
        while self._take(sign):
            parts.append(self._joined("and", "&&") if kind == "or" else self._relation())
        if len(parts) == 1:
            return parts[0]
        flat = [p for one in parts for p in (one.parts if one.kind == kind else (one,))]
        return Node(kind, parts[0].start, parts[-1].end, tuple(flat))

    def _relation(self) -> Node:
        left = self._arithmetic(("+", "-"))
        while sign := self._take(*RELATIONS):
            right = self._arithmetic(("+", "-"))
            left = Node("relation", left.start, right.end, (left, right), str(sign.value))
        return left

    def _arithmetic(self, signs: tuple[str, ...]) -> Node:
        def part() -> Node:
            return self._arithmetic(("*", "/", "%")) if "+" in signs else self._unary()

        left = part()
        while sign := self._take(*signs):
            right = part()
            left = Node("arithmetic", left.start, right.end, (left, right), str(sign.value))
        return left

    def _unary(self) -> Node:
        if sign := self._take("!", "-"):
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise Unreadable("too deeply nested")
            part = self._unary()
            self._depth -= 1
            return Node("not" if sign.value == "!" else "neg", sign.start, part.end, (part,))
        return self._member(self._primary())

    def _member(self, node: Node) -> Node:
        while sign := self._take(".", "[", "{"):
            if sign.value == ".":
                field = self._tokens[self._at]
                if field.kind != "name":
                    raise Unreadable(f"expected a field, came {field.value!r}")
                self._at += 1
                if self._take("("):
                    parts, end = self._until(")")
                    node = Node(
                        "call", node.start, end, (node, *parts), str(field.value), method=True
                    )
                else:
                    node = Node("select", node.start, field.end, (node,), str(field.value))
            elif sign.value == "[":
                key = self.expression()
                node = Node("index", node.start, self.expect("]").end, (node, key))
            else:
                parts, end = self._until("}", pairs=True)
                node = Node("struct", node.start, end, tuple(parts))
        return node

    def _until(self, close: str, pairs: bool = False) -> tuple[list[Node], int]:
        parts: list[Node] = []
        while not self._is(close):
            parts.append(self.expression())
            if pairs:
                self.expect(":")
                parts.append(self.expression())
            if not self._take(","):
                break
        return parts, self.expect(close).end

    def _primary(self) -> Node:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind in ("string", "number"):
            return Node("literal", token.start, token.end, value=token.value)
        if token.kind == "name":
            return self._named(token)
        if token.value == "(":
            inner = self.expression()
            return replace(inner, start=token.start, end=self.expect(")").end)
        if token.value == "[":
            parts, end = self._until("]")
            return Node("list", token.start, end, tuple(parts))
        if token.value == "{":
            parts, end = self._until("}", pairs=True)
            return Node("map", token.start, end, tuple(parts))
        if token.value == ".":
            return replace(self._primary(), start=token.start)
        raise Unreadable(f"expected a value, came {token.value!r}")

    def _named(self, token: Token) -> Node:
        name = str(token.value)
        if name in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[name]
            return Node("literal", token.start, token.end, value=value)
        if self._take("("):
            parts, end = self._until(")")
            return Node("call", token.start, end, tuple(parts), name)
        return Node("name", token.start, token.end, name=name)
