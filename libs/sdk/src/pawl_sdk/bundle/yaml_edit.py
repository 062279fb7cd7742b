"""Small changes to YAML text that leave every other character as it was: comments, order, quotes.

Each function parses, finds the place and splices text. Afterwards the result is parsed again and
must say exactly what was meant; where the layout is too unusual for that, `EditError` is raised.
"""

from typing import Any

import yaml

from pawl_sdk.bundle.canonical import canonical_json
from pawl_sdk.bundle.errors import BundleError, EditError
from pawl_sdk.bundle.yaml_text import compose, dump, load, to_data

Keys = tuple[str, ...]
Found = tuple[yaml.Node, yaml.Node]
"""A key's node and its value's."""


def set_entry(text: str, file: str, path: Keys, value: Any) -> str:
    """Set the value at `path` in nested mappings; missing mappings on the way are made."""
    meant = load(text, file)
    meant = place = {} if meant is None else meant
    if not isinstance(meant, dict):
        raise EditError("expected a mapping", file=file)
    for depth, key in enumerate(path[:-1]):
        if place.get(key) is None:
            place[key] = {}
        place = place[key]
        if not isinstance(place, dict):
            raise EditError("expected a mapping", file=file, field=".".join(path[: depth + 1]))
    place[path[-1]] = value
    return _checked(_set(text, file, path, value), meant, file)


def remove_entry(text: str, file: str, path: Keys) -> str:
    """Take out the entry at `path`, which must be there."""
    meant = load(text, file)
    place = meant
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    root = compose(text, file)
    mapping = _at(root, path[:-1])
    if mapping.flow_style:
        return _checked(_reflow(text, mapping, place), meant, file)
    key_node, value_node = _entry(mapping, path[-1])
    cut = _cut(text, _line_start(text, key_node.start_mark.index), _end(text, value_node))
    if not place:
        cut = _fill(cut, root, path[:-1], "{}")
    return _checked(cut, meant, file)


def insert_item(text: str, file: str, key: str, index: int, item: Any) -> str:
    """Insert into the list under a top-level key; the list is made when it is missing."""
    meant = load(text, file) or {}
    meant[key] = [*(meant.get(key) or [])]
    meant[key].insert(index, item)
    root = compose(text, file)
    node = _find(root, (key,))
    if node is None or not _children(node):
        new = _set(text, file, (key,), [item])
    elif node.flow_style:
        new = _reflow(text, node, meant[key])
    else:
        column = node.start_mark.column
        at = _dash(text, node, index) if index < len(node.value) else _after(text, node)
        new = _splice_lines(text, at, _indented(dump([item]), column))
    return _checked(new, meant, file)


def remove_item(text: str, file: str, key: str, index: int) -> str:
    """Take an item out of the list under a top-level key."""
    meant = load(text, file)
    del meant[key][index]
    root = compose(text, file)
    node = _at(root, (key,))
    if node.flow_style:
        return _checked(_reflow(text, node, meant[key]), meant, file)
    new = _cut(text, _dash(text, node, index), _end(text, node.value[index]))
    if not meant[key]:
        new = _fill(new, root, (key,), "[]")
    return _checked(new, meant, file)


def _set(text: str, file: str, path: Keys, value: Any) -> str:
    root = compose(text, file)
    node = _find(root, path)
    if node is not None and _children(node) == [] and isinstance(value, list | dict) and value:
        return _open(text, root, path, value)
    mapping = _find(root, path[:-1])
    if mapping is None or _is_null(mapping):
        if path[:-1]:
            return _set(text, file, path[:-1], {path[-1]: value})
        return _append(text, dump({path[-1]: value}))
    if mapping.flow_style:
        if not mapping.value and not path[:-1]:
            return _append(_without(text, mapping), dump({path[-1]: value}))
        return _reflow(text, mapping, {**to_data(mapping, file), path[-1]: value})
    rendered = _indented(dump({path[-1]: value}), mapping.start_mark.column)
    if node is None:
        return _splice_lines(text, _after(text, mapping), rendered)
    key_node, value_node = _entry(mapping, path[-1])
    return text[: key_node.start_mark.index] + rendered.lstrip(" ") + text[_end(text, value_node) :]


def _open(text: str, root: yaml.Node | None, path: Keys, value: Any) -> str:
    """Turn an empty value (nothing, null, [] or {}) into a block below its key."""
    mapping = _at(root, path[:-1])
    if mapping.flow_style:
        return _reflow(text, mapping, {**to_data(mapping, ""), path[-1]: value})
    key_node, value_node = _entry(mapping, path[-1])
    bare = _without(text, value_node)
    column = key_node.start_mark.column + 2
    return _splice_lines(
        bare, _line_end(bare, key_node.end_mark.index), _indented(dump(value), column)
    )


def _checked(text: str, meant: Any, file: str) -> str:
    try:
        same = canonical_json(load(text, file)) == canonical_json(meant)
    except BundleError:
        same = False
    if not same:
        raise EditError(
            "this YAML is laid out too unusually to edit without touching the rest: "
            "write the entries in block style, one a line",
            file=file,
        )
    return text


def _children(node: yaml.Node) -> list[Any] | None:
    if isinstance(node, yaml.CollectionNode):
        return list(node.value)
    return [] if _is_null(node) else None


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _find(root: yaml.Node | None, path: Keys) -> Any:
    node = root
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node


def _at(root: yaml.Node | None, path: Keys) -> Any:
    node = _find(root, path)
    if node is None:
        raise KeyError(path)
    return node


def _entry(mapping: Any, key: str) -> Found:
    found: Found = next(pair for pair in mapping.value if pair[0].value == key)
    return found


def _reflow(text: str, node: yaml.Node, data: Any) -> str:
    """Write a flow collection anew, on one line."""
    rendered = dump(data, flow=True)
    return text[: node.start_mark.index] + rendered + text[node.end_mark.index :]


def _without(text: str, node: yaml.Node) -> str:
    start = node.start_mark.index
    return text[:start].rstrip(" ") + text[node.end_mark.index :]


def _fill(text: str, root: yaml.Node | None, path: Keys, empty: str) -> str:
    """Say that a collection whose last member went is now empty."""
    if not path:
        return _append(text, empty)
    key_node, _ = _entry(_at(root, path[:-1]), path[-1])
    colon = text.index(":", key_node.end_mark.index)
    return f"{text[: colon + 1]} {empty}{text[colon + 1 :]}"


def _end(text: str, node: yaml.Node) -> int:
    """Just behind the last character of a value, comments and blank lines not counted."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1]) if isinstance(last, tuple) else _end(text, last)
    end = int(node.end_mark.index)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        header = text[node.start_mark.index : _line_end(text, node.start_mark.index)]
        keeps_blank_lines = "+" in header.partition("#")[0]
        body = text[:end]
        end = len(body) - body.endswith("\n") if keeps_blank_lines else len(body.rstrip())
    return end


def _after(text: str, node: yaml.Node) -> int:
    return _line_end(text, _end(text, node))


def _dash(text: str, sequence: yaml.Node, index: int) -> int:
    """Where the line of an item's dash starts."""
    start = _line_start(text, sequence.value[index].start_mark.index)
    column = sequence.start_mark.column
    while start > 0 and text[start:].find("-") != column:
        start = _line_start(text, start - 1)
    return start


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Just behind the line break that ends the line of `index`, or the end of the text."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _cut(text: str, start: int, end: int) -> str:
    return text[:start] + text[_line_end(text, end) :]


def _append(text: str, rendered: str) -> str:
    return _splice_lines(text, len(text), rendered)


def _splice_lines(text: str, at: int, rendered: str) -> str:
    before = text[:at]
    if before and not before.endswith("\n"):
        before += "\n"
    return before + rendered + "\n" + text[at:]


def _indented(rendered: str, columns: int) -> str:
    return "\n".join(" " * columns + line if line else "" for line in rendered.split("\n"))
