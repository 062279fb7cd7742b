"""What the names of a span's attributes say, worked out once for each set of names.

Spans of one instrumentor have the same names again and again, only the values differ. Which
families wrote them, which attribute fills which column and how flattened lists fold back depend on
the names alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.traces.domain.normalise import indexed
from services.traces.domain.normalise.indexed import Record
from services.traces.domain.span import SpanRow

LIST_ROOTS = (
    "llm.input_messages",
    "llm.output_messages",
    "llm.tools",
    "llm.prompts",
    "llm.choices",
    "llm.request.functions",
    "retrieval.documents",
    "reranker.input_documents",
    "reranker.output_documents",
    "gen_ai.prompt",
    "gen_ai.completion",
)
SHAPES_MAX = 512
NAMES_CHARS_MAX = 16_384
"""A span with more in its names is not remembered."""

Names = tuple[str, ...]
Columns = tuple[tuple[str, Names], ...]
"""Column, and the attributes that may fill it, best first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the names say."""

    names: frozenset[str]
    family: str
    fills: tuple[Callable[[SpanRow, "Shape"], None], ...]
    """Of the families that wrote the span, most specific first."""
    texts: Columns
    counts: dict[str, Columns]
    """By family."""
    lists: dict[str, tuple[Record, ...]]
    messages: frozenset[str]
    """Lists whose items are canonical messages already."""
    odd: Names
    """Lists with a name that makes no sense; those attributes stay raw."""


@dataclass(frozen=True, slots=True)
class Family:
    """One way to write LLM work into spans. Only this family's spans have names so prefixed."""

    name: str
    prefixes: Names
    fill: Callable[[SpanRow, Shape], None]
    texts: Columns = ()
    counts: Columns = ()


class Shapes(dict[Names, Shape]):
    """Shapes by names, in order of arrival; bounded. Not for two threads at once."""

    def __init__(self, families: tuple[Family, ...], first: Columns, last: Columns) -> None:
        super().__init__()
        self._families = families
        self._first = first
        self._last = last

    def __missing__(self, names: Names) -> Shape:
        shape = shape_of(names, self._families, self._first, self._last)
        if sum(map(len, names)) <= NAMES_CHARS_MAX:
            if len(self) >= SHAPES_MAX:
                self.clear()
            self[names] = shape
        return shape


def shape_of(
    names: Names, families: tuple[Family, ...], first: Columns = (), last: Columns = ()
) -> Shape:
    """Families, columns and lists that these names show; `first` and `last` are for any span."""
    lists: dict[str, tuple[Record, ...]] = {}
    odd: list[str] = []
    for root in LIST_ROOTS:
        mine = [name for name in names if name.startswith(root + ".")]
        if mine:
            lists[root], senseless = indexed.records(mine, root)
            if senseless:
                odd.append(root)
    wrote = [family for family in families if any(n.startswith(family.prefixes) for n in names)]
    there = frozenset(names)
    texts: dict[str, Names] = {}
    for columns in (first, *(family.texts for family in wrote), last):
        for column, found in _present(columns, there):
            texts.setdefault(column, found)
    return Shape(
        names=there,
        family=wrote[0].name if wrote else "otel",
        fills=tuple(family.fill for family in wrote),
        texts=tuple(texts.items()),
        counts={family.name: _present(family.counts, there) for family in wrote},
        lists=lists,
        messages=frozenset(r for r, found in lists.items() if all(i.is_message for i in found)),
        odd=tuple(odd),
    )


def _present(columns: Columns, names: frozenset[str]) -> Columns:
    return tuple(
        (column, found)
        for column, candidates in columns
        if (found := tuple(name for name in candidates if name in names))
    )
