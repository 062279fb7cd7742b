"""Lists that were flattened into attribute names, such as `llm.input_messages.0.message.role`.

The names are parsed once per shape of span (see `shapes`), into records that say which attribute
holds which field. An index only orders: nothing is allocated up to it, so a huge one costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.traces.domain.span import Scalar

INDEX_DIGITS_MAX = 9
NESTING_MAX = 4
NAMES_MAX = 20_000
"""A list with more names than this stays raw."""
WRAPPERS = (
    "message.",
    "tool_call.",
    "message_content.",
    "document.",
    "tool.",
    "prompt.",
    "completion.",
    "function.",
)
"""OpenInference repeats the kind of thing before each field of it; the position says it already."""
MESSAGE_FIELDS = frozenset({"role", "content", "name", "tool_call_id", "finish_reason"})
CALL_FIELDS = frozenset({"id", "name", "arguments"})


@dataclass(frozen=True, slots=True)
class Record:
    """One item: fields as (name, attribute), and lists inside it."""

    fields: tuple[tuple[str, str], ...]
    lists: dict[str, tuple["Record", ...]]
    is_message: bool
    """Its names are those of a canonical message, so its values need no conversion."""


class _Draft:
    __slots__ = ("fields", "lists")

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.lists: dict[str, dict[int, _Draft]] = {}


def records(names: Sequence[str], root: str) -> tuple[tuple[Record, ...], bool]:
    """Items of the list under `root` in index order, and whether a name there made no sense."""
    if len(names) > NAMES_MAX:
        return (), True
    items: dict[int, _Draft] = {}
    odd = False
    for name in names:
        number, _, rest = name[len(root) + 1 :].partition(".")
        index = _index(number)
        if index is None or not rest:
            odd = True
            continue
        _place(items.setdefault(index, _Draft()), rest, name)
    return _frozen(items), odd


def values(found: tuple[Record, ...], attributes: dict[str, Scalar]) -> list[dict[str, Any]]:
    """The records with their values, lists inside them under their own names."""
    told: list[dict[str, Any]] = []
    for record in found:
        item: dict[str, Any] = {field: attributes[name] for field, name in record.fields}
        if record.lists:
            for field, inner in record.lists.items():
                item[field] = values(inner, attributes)
        told.append(item)
    return told


def _index(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > INDEX_DIGITS_MAX:
        return None
    return int(text)


def _place(draft: _Draft, path: str, name: str, depth: int = 0) -> None:
    for wrapper in WRAPPERS:
        if path.startswith(wrapper):
            path = path[len(wrapper) :]
    head, _, tail = path.partition(".")
    number, _, rest = tail.partition(".")
    index = _index(number)
    if index is None or not rest or depth == NESTING_MAX:
        draft.fields.append((path, name))
        return
    inner = draft.lists.setdefault(head, {}).setdefault(index, _Draft())
    _place(inner, rest, name, depth + 1)


def _frozen(items: dict[int, _Draft]) -> tuple[Record, ...]:
    return tuple(_record(items[index]) for index in sorted(items))


def _record(draft: _Draft) -> Record:
    lists = {name: _frozen(inner) for name, inner in draft.lists.items()}
    calls = lists.get("tool_calls", ())
    return Record(
        fields=tuple(draft.fields),
        lists=lists,
        is_message={name for name, _ in draft.fields} <= MESSAGE_FIELDS
        and any(name == "role" for name, _ in draft.fields)
        and lists.keys() <= {"tool_calls"}
        and all({name for name, _ in call.fields} == CALL_FIELDS for call in calls),
    )
