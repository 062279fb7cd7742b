"""YAML read as JSON would be: string keys, no dates, no yes/no booleans, no aliases, no duplicates.

Scalars resolve by the core schema of YAML 1.2.2 (chapter 10.3) without octal and hex.
"""

import io
import math
import re
from typing import Any

import yaml

from pawl_sdk.bundle.errors import BundleError

Path = tuple[str | int, ...]

_RESOLVERS: tuple[tuple[str, str, str], ...] = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
)


_BREAK = re.compile("[\n\r\x85\u2028\u2029\ufeff]")
_FLOAT = re.compile(_RESOLVERS[-1][1])


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, pattern, firsts in _RESOLVERS:
        for first in firsts:
            key = "" if first == "\0" else first
            table.setdefault(key, []).append((tag, re.compile(pattern)))
    return table


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers = _resolvers()


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Line breaks of any kind are written as escapes: other styles fold or lose them."""
        style = '"' if _BREAK.search(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


def compose(text: str, file: str) -> yaml.Node | None:
    """The node tree with its places in the text; None for an empty document."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise BundleError(f"not valid YAML: {error.problem}", file=file, line=line) from error
    except (yaml.YAMLError, UnicodeEncodeError, RecursionError) as error:
        raise BundleError(f"not valid YAML: {error}", file=file) from error
    return node


def load(text: str, file: str) -> Any:
    """The data of one document, or `BundleError` with file and line."""
    return to_data(compose(text, file), file)


def to_data(node: yaml.Node | None, file: str) -> Any:
    """Plain JSON values of a node tree."""
    return None if node is None else _Reader(file).data(node)


class _Reader:
    """Reads each node once: one that is met again was named by an alias."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()

    def data(self, node: yaml.Node) -> Any:
        if id(node) in self._seen:
            raise self._error(node, "expected no anchors and aliases (&name, *name): write it out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.data(item) for item in node.value]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "expected a plain key, came a collection")
            key = key_node.value
            if key in data:
                raise self._error(key_node, "the key stands twice", field=key)
            data[key] = self.data(value_node)
        return data

    def _scalar(self, node: yaml.Node) -> Any:
        kind, text = node.tag.rpartition(":")[2], node.value
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "int" and re.fullmatch(r"[-+]?[0-9]{1,16}", text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        raise self._error(
            node, f"expected text, number, true, false or null, came {text!r} ({node.tag})"
        )

    def _error(self, node: yaml.Node, message: str, field: str = "") -> BundleError:
        line = node.start_mark.line + 1
        return BundleError(message, file=self._file, line=line, field=field)


def line_of(node: yaml.Node | None, path: Path) -> int | None:
    """The line (from 1) where the deepest part of `path` that exists stands."""
    line = node.start_mark.line + 1 if node else None
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            pairs = [(item, item) for item in node.value[step : step + 1]]
        else:
            return line
        if not pairs:
            return line
        line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
    return line


def dump(value: Any, *, flow: bool = False) -> str:
    """YAML text of plain values that `load` reads back; keys keep their order."""
    width = 10**9 if flow else 100
    representer = _Dumper(io.StringIO(), default_flow_style=flow or None, sort_keys=False)
    node = representer.represent_data(value)
    if not flow:
        _open_up(node)
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=width)
    return text.removesuffix("...\n").rstrip("\n")


def _open_up(node: yaml.Node) -> None:
    """One entry or list item a line at the top and in lists of objects; short objects inline."""
    if isinstance(node, yaml.MappingNode):
        node.flow_style = not node.value
        lists = [value for _, value in node.value if isinstance(value, yaml.SequenceNode)]
        for inner in lists:
            if any(isinstance(item, yaml.MappingNode) for item in inner.value):
                _open_up(inner)
    elif isinstance(node, yaml.SequenceNode):
        node.flow_style = not node.value
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                _open_up(item)
