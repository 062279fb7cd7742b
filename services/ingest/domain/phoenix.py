"""Spans as Phoenix's REST API takes them, into OTLP: what tracers of coding harnesses send."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from services.ingest.domain.json_otlp import parsed_object
from services.ingest.domain.json_values import DEPTH_MAX, a_list, an_object, text, wrong
from services.ingest.domain.projects import PROJECT_ATTRIBUTE
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.spans import UnfitError
from services.ingest.domain.wire import MalformedError, ResourceItems, ScopeItems, TooManyError

SCOPE_NAME = "phoenix-rest"
KIND_ATTRIBUTE = "openinference.span.kind"
GIVEN_TRACE_ID = "phoenix.context.trace_id"
GIVEN_SPAN_ID = "phoenix.context.span_id"
"""Phoenix takes any text as an id; what is no OpenTelemetry id is hashed and kept under these."""
STATUS_CODES = {"UNSET": 0, "OK": 1, "ERROR": 2}
ATTRIBUTES_MAX = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def spans_of(body: bytes, project: str, spans_max: int, refusals: Refusals) -> list[ResourceItems]:
    """`{"data": [span, ...]}` as one resource; each unfit span is noted in `refusals`."""
    given = parsed_object(body).get("data")
    if not isinstance(given, list):
        raise MalformedError('expected {"data": [span, ...]}; the body has no array "data"')
    if len(given) > spans_max:
        raise TooManyError(f"at most {spans_max} spans in one request; came {len(given)}")
    scope = ScopeSpans()
    scope.scope.name = SCOPE_NAME
    items = ScopeItems(scope.SerializeToString())
    for number, one in enumerate(given):
        try:
            items.items.append(_span(an_object(one, f"data[{number}]"), f"data[{number}]"))
        except UnfitError as error:
            refusals.refuse(str(error))
    return [ResourceItems(_resource(project), [items])]


def _resource(project: str) -> bytes:
    message = ResourceSpans()
    message.resource.attributes.add(key=PROJECT_ATTRIBUTE).value.string_value = project
    return message.SerializeToString()


def _span(fields: dict[str, Any], path: str) -> bytes:
    context = an_object(fields.get("context"), f"{path}.context")
    trace_id = _required(context.get("trace_id"), f"{path}.context.trace_id")
    span_id = _required(context.get("span_id"), f"{path}.context.span_id")
    span = Span(
        trace_id=_id(trace_id, 16),
        span_id=_id(span_id, 8),
        name=text(fields.get("name"), f"{path}.name"),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=_nanoseconds(fields.get("start_time"), f"{path}.start_time"),
        end_time_unix_nano=_nanoseconds(fields.get("end_time"), f"{path}.end_time"),
    )
    if parent := text(fields.get("parent_id"), f"{path}.parent_id"):
        span.parent_span_id = _id(parent, 8)
    status = text(fields.get("status_code"), f"{path}.status_code").upper()
    span.status.code = STATUS_CODES.get(status, 0)  # type: ignore[assignment]
    span.status.message = text(fields.get("status_message"), f"{path}.status_message")
    attributes = an_object(fields.get("attributes"), f"{path}.attributes")
    kind = text(fields.get("span_kind"), f"{path}.span_kind").upper()
    if kind and KIND_ATTRIBUTE not in attributes:
        attributes = attributes | {KIND_ATTRIBUTE: kind}
    given_ids = {GIVEN_TRACE_ID: (trace_id, span.trace_id), GIVEN_SPAN_ID: (span_id, span.span_id)}
    changed = {key: came for key, (came, used) in given_ids.items() if used.hex() != came.lower()}
    _fill(span.attributes, attributes | changed, f"{path}.attributes")
    _fill_events(span, fields.get("events"), f"{path}.events")
    return span.SerializeToString()


def _fill_events(span: Span, value: Any, path: str) -> None:
    for number, item in enumerate(a_list(value, path)):
        place = f"{path}[{number}]"
        fields = an_object(item, place)
        event = span.events.add(name=text(fields.get("name"), f"{place}.name"))
        if fields.get("timestamp") is not None:
            event.time_unix_nano = _nanoseconds(fields["timestamp"], f"{place}.timestamp")
        attributes = an_object(fields.get("attributes"), f"{place}.attributes")
        _fill(event.attributes, attributes, f"{place}.attributes")


def _fill(target: Any, attributes: dict[str, Any], path: str) -> None:
    for key, value in _flat("", attributes, 0):
        if len(target) >= ATTRIBUTES_MAX:
            raise UnfitError(f"{path} holds over {ATTRIBUTES_MAX} values")
        _set(target.add(key=key).value, value, path)


def _flat(prefix: str, value: Any, depth: int) -> Any:
    """OpenInference's dotted names out of nested objects; lists of plain values stay lists."""
    if depth > DEPTH_MAX:
        raise UnfitError(f"values may nest {DEPTH_MAX} deep; {prefix[:200]} nests deeper")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, inner, depth + 1)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, inner in enumerate(value):
            yield from _flat(f"{prefix}.{number}", inner, depth + 1)
    elif value is not None:
        yield prefix, value


def _set(target: AnyValue, value: Any, path: str) -> None:
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, int) and -(2**63) <= value < 2**63:
        target.int_value = value
    elif isinstance(value, int | float):
        target.double_value = float(value)
    elif isinstance(value, list):
        target.array_value.SetInParent()
        for item in value:
            added = target.array_value.values.add()
            if item is not None:
                _set(added, item, path)


def _required(value: Any, path: str) -> str:
    given = text(value, path).strip()
    if not given:
        raise wrong(path, "an id", value)
    return given


def _id(given: str, size: int) -> bytes:
    """The bytes of an OpenTelemetry id or a UUID; of any other text, a hash: equal for equals."""
    plain = given.replace("-", "")
    try:
        found = bytes.fromhex(plain)
    except ValueError:
        found = b""
    if len(found) == size and any(found):
        return found
    return hashlib.sha256(given.encode()).digest()[:size]


def _nanoseconds(value: Any, path: str) -> int:
    given = text(value, path)
    try:
        moment = datetime.fromisoformat(given)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = (moment - _EPOCH) // _MICROSECOND * 1000
    except (ValueError, OverflowError) as error:
        raise wrong(path, "a time such as 2026-01-31T12:00:00Z", value) from error
    if since < 0:
        raise wrong(path, "a time after 1970", value)
    return since
