"""Whether a changed event schema still reads what was written, and is read by who was deployed."""

from typing import Any


def incompatibilities(old: dict[str, Any], new: dict[str, Any], path: str = "") -> list[str]:
    """What breaks when `old` becomes `new`; additive change breaks nothing."""
    found: list[str] = []
    if old.get("type") != new.get("type"):
        found.append(f"{path or 'event'}: type {old.get('type')} became {new.get('type')}")
    before, after = old.get("properties", {}), new.get("properties", {})
    found += [f"{path}{name}: removed" for name in before if name not in after]
    required = set(new.get("required", [])) - set(old.get("required", []))
    found += [f"{path}{name}: became required" for name in sorted(required)]
    for name in before.keys() & after.keys():
        found += incompatibilities(before[name], after[name], f"{path}{name}.")
    if "items" in old and "items" in new:
        found += incompatibilities(old["items"], new["items"], f"{path}[].")
    found += _values(old, new, path)
    return found + _alternatives(old, new, path)


def _values(old: dict[str, Any], new: dict[str, Any], path: str) -> list[str]:
    """An enum may grow only by a new version: who was deployed does not know the new value."""
    before, after = set(old.get("enum", [])), set(new.get("enum", []))
    changed = before ^ after if "enum" in old or "enum" in new else set()
    return [f"{path}enum: {value!r} came or went" for value in sorted(map(str, changed))]


def _alternatives(old: dict[str, Any], new: dict[str, Any], path: str) -> list[str]:
    before = [one.get("type") for one in old.get("anyOf", [])]
    after = [one.get("type") for one in new.get("anyOf", [])]
    gone = [kind for kind in before if kind not in after]
    return [f"{path}: no longer {kind}" for kind in gone]
