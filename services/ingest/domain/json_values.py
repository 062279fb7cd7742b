"""OTLP's JSON values into protobuf: ids are hex, 64-bit numbers may be text, bytes are base64."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from services.ingest.domain.spans import UnfitError

T = TypeVar("T")
DEPTH_MAX = 45
"""Nested values of a span; each level is two of protobuf's hundred."""
_SHOWN_CHARS = 60


def wrong(path: str, expected: str, came: Any) -> UnfitError:
    """The error for a value of the wrong kind."""
    shown = repr(came)
    shown = shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "..."
    return UnfitError(f"{path} must be {expected}; came {shown}")


def an_object(value: Any, path: str) -> dict[str, Any]:
    """A JSON object; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(path, "an object", value)
    return value


def a_list(value: Any, path: str) -> list[Any]:
    """A JSON array; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(path, "an array", value)
    return value


def text(value: Any, path: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    return value


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number, as a number or as text."""
    if value is None:
        return 0
    if isinstance(value, str) and len(value) <= 20 and value.lstrip("-").isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(path, f"a whole number from {low} to {high}", value)
    return value


def uint32(value: Any, path: str) -> int:
    return whole(value, path, 0, 2**32 - 1)


def nanoseconds(value: Any, path: str) -> int:
    return whole(value, path, 0, 2**64 - 1)


def hex_id(value: Any, path: str) -> bytes:
    """An id; its length is judged later, as for protobuf."""
    try:
        return bytes.fromhex(text(value, path))
    except ValueError as error:
        raise wrong(path, "hex digits", value) from error


def fill_attributes(target: Any, value: Any, path: str, depth: int = 0) -> None:
    """Append key-value pairs to a repeated `KeyValue` field."""
    for number, pair in enumerate(a_list(value, path)):
        if _fill_plain(target, pair):
            continue
        place = f"{path}[{number}]"
        pair = an_object(pair, place)
        added: KeyValue = target.add(key=text(pair.get("key"), f"{place}.key"))
        if pair.get("value") is not None:
            fill_value(added.value, pair["value"], f"{place}.value", depth)


def _fill_plain(target: Any, pair: Any) -> bool:
    """The pairs that make up nearly all of a request, without naming places; False for others."""
    if type(pair) is not dict or type(key := pair.get("key")) is not str:
        return False
    value = pair.get("value")
    if type(value) is not dict or len(value) != 1:
        return False
    if type(given := value.get("stringValue")) is not str:
        return False
    target.add(key=key).value.string_value = given
    return True


def fill_value(target: AnyValue, value: Any, path: str, depth: int = 0) -> None:
    """Set an `AnyValue` from its JSON form."""
    if depth > DEPTH_MAX:
        raise UnfitError(f"values may nest {DEPTH_MAX} deep; {path[:200]} nests deeper")
    for name, given in an_object(value, path).items():
        setter = _SETTERS.get(name)
        if setter is not None and given is not None:
            setter(target, given, f"{path}.{name}", depth)


def _string(target: AnyValue, value: Any, path: str, depth: int) -> None:
    target.string_value = text(value, path)


def _bool(target: AnyValue, value: Any, path: str, depth: int) -> None:
    if not isinstance(value, bool):
        raise wrong(path, "true or false", value)
    target.bool_value = value


def _int(target: AnyValue, value: Any, path: str, depth: int) -> None:
    target.int_value = whole(value, path, -(2**63), 2**63 - 1)


def _double(target: AnyValue, value: Any, path: str, depth: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(path, "a number", value)
    try:
        target.double_value = float(value)
    except (ValueError, OverflowError) as error:
        raise wrong(path, "a number", value) from error


def _bytes(target: AnyValue, value: Any, path: str, depth: int) -> None:
    given = text(value, path).replace("-", "+").replace("_", "/")
    try:
        target.bytes_value = base64.b64decode(given + "=" * (-len(given) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(path, "base64", value) from error


def _array(target: AnyValue, value: Any, path: str, depth: int) -> None:
    target.array_value.SetInParent()
    items = a_list(an_object(value, path).get("values"), f"{path}.values")
    for number, item in enumerate(items):
        fill_value(target.array_value.values.add(), item or {}, f"{path}[{number}]", depth + 1)


def _map(target: AnyValue, value: Any, path: str, depth: int) -> None:
    target.kvlist_value.SetInParent()
    pairs = an_object(value, path).get("values")
    fill_attributes(target.kvlist_value.values, pairs, f"{path}.values", depth + 1)


_SETTERS: dict[str, Callable[[AnyValue, Any, str, int], None]] = {
    "stringValue": _string,
    "boolValue": _bool,
    "intValue": _int,
    "doubleValue": _double,
    "bytesValue": _bytes,
    "arrayValue": _array,
    "kvlistValue": _map,
}
