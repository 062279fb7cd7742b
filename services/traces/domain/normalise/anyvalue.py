"""An encoded `AnyValue` into a plain value, in bounded time and depth.

What is broken stays as base64 text of its bytes, at the innermost place where it is broken.
"""

import base64
import math
import struct
from typing import Any

DEPTH_MAX = 64
"""Deeper values stay encoded, as base64 text. A protobuf decoder stops near 50."""
ITEMS_MAX = 100_000
"""Items of one attribute; a list with more stays encoded, as base64 text."""
STRING, BOOL, INT, DOUBLE, ARRAY, MAP, BYTES = 0x0A, 0x10, 0x18, 0x21, 0x2A, 0x32, 0x3A
KEY_TAG, VALUE_TAG = 0x0A, 0x12
DOUBLE_HEAD, DOUBLE_ITEM_BYTES = b"\x0a\x09\x21", 11
FLOAT64 = struct.Struct("<d")


class BrokenError(Exception):
    """These bytes are no protobuf message."""


BROKEN = (BrokenError, IndexError, struct.error)


class Reading:
    """What went wrong in one attribute, and how much of it was read."""

    __slots__ = ("damaged", "items")

    def __init__(self) -> None:
        self.damaged = False
        self.items = 0


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number at a place, and the place after it."""
    first = data[at]
    if first < 128:
        return first, at + 1
    number, shift = first & 127, 7
    for place in range(at + 1, at + 10):
        part = data[place]
        number |= (part & 127) << shift
        if part < 128:
            return number & 0xFFFF_FFFF_FFFF_FFFF, place + 1
        shift += 7
    raise BrokenError


def int64(number: int) -> int:
    """Two's complement of an unsigned 64-bit number."""
    return number - (1 << 64) if number >> 63 else number


def entry(data: bytes, at: int, stop: int, reading: Reading, depth: int) -> tuple[str, Any]:
    """A `KeyValue`: key and value, in any order."""
    key, value = "", None
    while at < stop:
        tag, at = varint(data, at)
        size, at = varint(data, at)
        end = at + size
        if tag not in (KEY_TAG, VALUE_TAG) or end > stop:
            raise BrokenError
        if tag == KEY_TAG:
            key = text_of(data, at, end, reading)
        else:
            value = whole(data, at, end, reading, depth)
        at = end
    return key, value


def text_of(data: bytes, at: int, end: int, reading: Reading) -> str:
    """UTF-8 text; bytes that are not become `\\xff` escapes, and the reading is damaged."""
    try:
        return data[at:end].decode()
    except UnicodeDecodeError:
        reading.damaged = True
        return data[at:end].decode("utf-8", "backslashreplace")


def encoded_text(data: bytes, at: int, end: int, reading: Reading) -> str:
    """What cannot be read, as base64."""
    reading.damaged = True
    return base64.b64encode(data[at:end]).decode()


def whole(data: bytes, at: int, end: int, reading: Reading, depth: int = 0) -> Any:
    """The `AnyValue` between two places, or its bytes as base64 when it is broken."""
    try:
        return _value(data, at, end, reading, depth)
    except BROKEN:
        return encoded_text(data, at, end, reading)


def _value(data: bytes, at: int, end: int, reading: Reading, depth: int) -> Any:
    value: Any = None
    while at < end:  # the last field wins, as in any protobuf oneof
        tag, at = varint(data, at)
        if tag & 7 == 2:
            size, at = varint(data, at)
            stop = at + size
            if stop > end:
                raise BrokenError
            value, at = _sized(tag, data, at, stop, reading, depth), stop
        elif tag in (BOOL, INT):
            number, at = varint(data, at)
            value = number != 0 if tag == BOOL else int64(number)
        elif tag == DOUBLE:
            value, at = finite(FLOAT64.unpack_from(data, at)[0]), at + 8
        else:
            raise BrokenError
    if at > end:
        raise BrokenError
    return value


def finite(number: float) -> float | str:
    """The number, or its name in protobuf's JSON when JSON has none."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


def _sized(tag: int, data: bytes, at: int, stop: int, reading: Reading, depth: int) -> Any:
    if tag == STRING:
        return text_of(data, at, stop, reading)
    if tag == BYTES:
        return base64.b64encode(data[at:stop]).decode()
    if depth < DEPTH_MAX and tag == ARRAY:
        return _array(data, at, stop, reading, depth)
    if depth < DEPTH_MAX and tag == MAP:
        return _map(data, at, stop, reading, depth)
    return encoded_text(data, at, stop, reading)


def _array(data: bytes, at: int, stop: int, reading: Reading, depth: int) -> Any:
    if (doubles := _doubles(data, at, stop)) is not None:
        return doubles
    begin = at
    items: list[Any] = []
    while at < stop:
        at, end = _item(data, at, stop, reading)
        if reading.items > ITEMS_MAX:
            return encoded_text(data, begin, stop, reading)
        items.append(whole(data, at, end, reading, depth + 1))
        at = end
    return items


def _doubles(data: bytes, at: int, stop: int) -> list[Any] | None:
    """An array of doubles, such as an embedding, has items of one size: read at once."""
    count, rest = divmod(stop - at, DOUBLE_ITEM_BYTES)
    if rest or not 8 <= count <= ITEMS_MAX or data[at : at + 3] != DOUBLE_HEAD:
        return None
    pairs = struct.unpack(f"<{'3sd' * count}", data[at:stop])
    if pairs[::2].count(DOUBLE_HEAD) != count:
        return None
    numbers = list(pairs[1::2])
    return numbers if math.isfinite(sum(numbers)) else [finite(number) for number in numbers]


def _map(data: bytes, at: int, stop: int, reading: Reading, depth: int) -> Any:
    begin = at
    found: dict[str, Any] = {}
    while at < stop:
        at, end = _item(data, at, stop, reading)
        if reading.items > ITEMS_MAX:
            return encoded_text(data, begin, stop, reading)
        key, value = entry(data, at, end, reading, depth + 1)
        if key in found:
            reading.damaged = True
            key = free_name(key, found)
        found[key] = value
        at = end
    return found


def free_name(key: str, taken: dict[str, Any]) -> str:
    """A name for another value under one key, so that neither is lost."""
    number = len(taken) + 1
    while f"{key}#{number}" in taken:
        number += 1
    return f"{key}#{number}"


def _item(data: bytes, at: int, stop: int, reading: Reading) -> tuple[int, int]:
    """Where the next item of a list begins and ends."""
    if data[at] != KEY_TAG:
        raise BrokenError
    size, at = varint(data, at + 1)
    if at + size > stop:
        raise BrokenError
    reading.items += 1
    return at, at + size
