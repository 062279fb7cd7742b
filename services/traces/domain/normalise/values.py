"""OTLP values into plain ones."""

from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from services.traces.domain.span import Scalar

DEPTH_MAX = 64
DUMP = orjson.OPT_NON_STR_KEYS


def plain(value: AnyValue, depth: int = 0) -> Any:
    """A Python value; maps and lists below `DEPTH_MAX` become protobuf text."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        if depth >= DEPTH_MAX:
            return str(value)
        return [plain(item, depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        if depth >= DEPTH_MAX:
            return str(value)
        return {item.key: plain(item.value, depth + 1) for item in value.kvlist_value.values}
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def json_text(value: Any) -> str:
    """Compact JSON."""
    return orjson.dumps(value, option=DUMP).decode()


def flatten(pairs: Any) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Attributes by name, and the names of those that hold JSON text."""
    attributes: dict[str, Scalar] = {}
    structured: list[str] = []
    pair: KeyValue
    for pair in pairs:
        key, value = pair.key, pair.value
        if text := value.string_value:
            attributes[key] = text
            continue
        found = plain(value)
        if isinstance(found, (list, dict)):
            structured.append(key)
            found = json_text(found)
        attributes[key] = found
    return attributes, tuple(structured)
