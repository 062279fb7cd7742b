"""Protobuf framing, walked without decoding, so that a hostile body cannot grow in memory.

An `ExportTraceServiceRequest` and an `ExportLogsServiceRequest` have one shape on the wire:
field 1 holds resources, their field 2 scopes, their field 2 items. The walk cuts a body into
those items; each is decoded later, in small lots. An item costs some 50 to 100 times its wire size
once decoded, so decoding a whole body of empty items at once would be a memory bomb.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

RESOURCES_TAG = 0x0A
SCOPES_TAG = 0x12
ITEMS_TAG = 0x12
FRAMES_MAX = 200_000
"""Fields looked at in one body: bounds the time that a body of tiny fields can take."""


class MalformedError(Exception):
    """The bytes are no protobuf message."""


class TooManyError(Exception):
    """More fields or items than one request may hold."""


@dataclass(slots=True)
class ScopeItems:
    """Encoded items of one instrumentation scope; `head` is all else that it says."""

    head: bytes
    items: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class ResourceItems:
    """What one resource sent; `head` is the resource message without its scopes."""

    head: bytes
    scopes: list[ScopeItems] = field(default_factory=list)


def walk(body: bytes, items_max: int) -> list[ResourceItems]:
    """Cut a body into its items; raise `MalformedError` or `TooManyError`."""
    try:
        return _Walk(body, items_max).resources()
    except IndexError as error:
        raise MalformedError("the message ends in the middle of a field") from error


class _Walk:
    def __init__(self, body: bytes, items_max: int) -> None:
        self._body = body
        self._items_left = items_max
        self._frames_left = FRAMES_MAX

    def resources(self) -> list[ResourceItems]:
        return [
            self._resource(value, end)
            for tag, _, value, end in self._fields(0, len(self._body))
            if tag == RESOURCES_TAG
        ]

    def _resource(self, start: int, stop: int) -> ResourceItems:
        head: list[bytes] = []
        found = ResourceItems(b"")
        for tag, begin, value, end in self._fields(start, stop):
            if tag == SCOPES_TAG:
                found.scopes.append(self._scope(value, end))
            else:
                head.append(self._body[begin:end])
        found.head = b"".join(head)
        return found

    def _scope(self, start: int, stop: int) -> ScopeItems:
        body = self._body
        head: list[bytes] = []
        found = ScopeItems(b"")
        for tag, begin, value, end in self._fields(start, stop):
            if tag == ITEMS_TAG:
                found.items.append(body[value:end])
            else:
                head.append(body[begin:end])
        self._items_left -= len(found.items)
        if self._items_left < 0:
            raise TooManyError("too many spans or log records in one request: send smaller batches")
        found.head = b"".join(head)
        return found

    def _fields(self, at: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
        """As `fields`, counted over the whole body."""
        for found in fields(self._body, at, stop):
            self._frames_left -= 1
            if self._frames_left < 0:
                raise TooManyError("too many fields in one request: send smaller batches")
            yield found


def fields(body: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Each field as tag, where it begins, where its value begins, where it ends."""
    while at < stop:
        begin = at
        tag, at = varint(body, at)
        kind = tag & 7
        if kind == 2:
            size, at = varint(body, at)
            value, at = at, at + size
        else:
            value, at = at, _skip(body, at, kind)
        if at > stop:
            raise MalformedError(f"a field at byte {begin} is longer than its message")
        yield tag, begin, value, at


def has_fields_over(message: bytes, fields_max: int) -> bool:
    """Whether a message has more fields than that, as far as it can be read."""
    try:
        return sum(1 for _ in islice(fields(message, 0, len(message)), fields_max + 1)) > fields_max
    except (MalformedError, IndexError):
        return False


def varint(body: bytes, at: int) -> tuple[int, int]:
    """The number at a place and the place after it."""
    first = body[at]
    if first < 128:
        return first, at + 1
    number, shift = first & 127, 7
    for place in range(at + 1, at + 10):
        part = body[place]
        number |= (part & 127) << shift
        if part < 128:
            return number, place + 1
        shift += 7
    raise MalformedError(f"the number at byte {at} is longer than ten bytes")


def _skip(body: bytes, at: int, kind: int) -> int:
    if kind == 0:
        return varint(body, at)[1]
    if kind == 1:
        return at + 8
    if kind == 5:
        return at + 4
    raise MalformedError(f"wire type {kind} at byte {at} is not used by OTLP")


def framed(tag: int, value: bytes) -> bytes:
    """A length-delimited field; the tag is below 128."""
    return prefix(tag, len(value)) + value


def prefix(tag: int, size: int) -> bytes:
    """The bytes before a length-delimited value of this size."""
    out = bytearray((tag,))
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    out.append(size)
    return bytes(out)
