"""Encoded OTLP attributes into plain values.

An attribute is a `KeyValue` on the wire: field 1 is the key, field 2 an `AnyValue`. Reading them is
most of the cost of normalising, so the usual forms are read in place, without a call: a known key,
then a text below 16 kB or a small number. All else, and all that is damaged, goes through
`anyvalue`.
"""

import base64
from typing import Any

import orjson

from services.traces.domain.normalise.anyvalue import BROKEN, Reading, entry, varint, whole
from services.traces.domain.span import Scalar

KEYS_MAX = 8192
REMEMBERED_MAX = 8192
REMEMBERED_BYTES_MAX = 100
RAW_PREFIX = "pawl.raw."
"""Attributes under this prefix hold what a flag says could not be shown as it came."""
NOTHING: list[str] = []

Found = tuple[dict[str, Scalar], tuple[str, ...], list[str]]


class Attributes:
    """Decoder of attributes. Not for two threads at once.

    Remembers keys, so that equal ones are one object, and small attributes as a whole: most of a
    span's attributes (kind, model, mime type, digest) have come before. Both are bounded.
    """

    __slots__ = ("_damaged", "_keys", "_remembered", "_structured")

    def __init__(self) -> None:
        self._keys: dict[bytes, str] = {}
        self._remembered: dict[bytes, tuple[str, Scalar]] = {}
        self._structured: list[str] = []
        self._damaged: list[str] = []

    def held(self) -> dict[str, int]:
        """How much is remembered."""
        return {"keys": len(self._keys), "attributes": len(self._remembered)}

    def read(self, encoded: Any) -> Found:
        """Attributes by name, names of those that hold JSON text, names of damaged ones."""
        found: dict[str, Scalar] = {}
        keys, remembered = self._keys, self._remembered
        value: Scalar
        for raw in encoded[:]:  # a slice is a list: half the time of walking the container
            length = len(raw)
            if length <= REMEMBERED_BYTES_MAX and (pair := remembered.get(raw)) is not None:
                found[pair[0]] = pair[1]
                continue
            try:
                # 0A <key size> <key> 12 | <value size> <kind> <text size or number> ...
                at = raw[1] + 3
                key = keys[raw[:at]]
                left = length - at
                if left > 128:
                    if raw[at + 2] == 0x0A and raw[at + 3] - 128 + (raw[at + 4] << 7) == left - 5:
                        found[key] = raw[at + 5 :].decode()
                        continue
                else:
                    kind, size = raw[at + 1], raw[at + 2]
                    if kind == 0x0A and size == left - 3:
                        found[key] = value = raw[at + 3 :].decode()
                    elif kind == 0x18 and left == 3 and size < 128:
                        found[key] = value = size
                    elif kind == 0x18 and left == 4 and size > 127 > raw[at + 3]:
                        found[key] = value = size - 128 + (raw[at + 3] << 7)
                    else:
                        raise KeyError
                    if length <= REMEMBERED_BYTES_MAX:
                        if len(remembered) >= REMEMBERED_MAX:
                            remembered.clear()
                        remembered[raw] = (key, value)
                    continue
            except (IndexError, KeyError, UnicodeDecodeError):
                pass
            key, value = self._unusual(raw)
            found[key] = value
        if len(found) != len(encoded):
            self._keep_duplicates(encoded, found)
        if not self._structured and not self._damaged:
            return found, (), NOTHING
        structured, damaged = tuple(self._structured), self._damaged
        self._structured, self._damaged = [], []
        return found, structured, damaged

    def _unusual(self, raw: bytes) -> tuple[str, Scalar]:
        """Numbers, doubles, arrays, maps, bytes, nothing, new keys and everything damaged."""
        reading = Reading()
        value: Any
        try:
            at = raw[1] + 3
            known = self._keys.get(raw[:at]) or self._learn(raw, at)
            if known is not None:
                size, start = varint(raw, at)
                if start + size == len(raw):
                    return known, self._finish(known, whole(raw, start, len(raw), reading), reading)
        except BROKEN:
            pass
        try:
            key, value = entry(raw, 0, len(raw), reading, 0)
        except BROKEN:
            reading.damaged = True
            key, value = "", base64.b64encode(raw).decode()
        return key, self._finish(key, value, reading)

    def _finish(self, key: str, value: Any, reading: Reading) -> Scalar:
        if reading.damaged:
            self._damaged.append(key)
        if isinstance(value, list | dict):
            self._structured.append(key)
            return json_text(value)
        scalar: Scalar = value
        return scalar

    def _learn(self, raw: bytes, at: int) -> str | None:
        """Remember a key that stands first and is followed by its value."""
        if raw[0] != 0x0A or raw[1] > 127 or raw[at - 1] != 0x12:
            return None
        try:
            key = raw[2 : at - 1].decode()
        except UnicodeDecodeError:
            return None
        if len(self._keys) >= KEYS_MAX:
            self._keys.clear()
        self._keys[raw[:at]] = key
        return key

    def _keep_duplicates(self, encoded: Any, found: dict[str, Scalar]) -> None:
        """The last of equal keys is the value; the earlier ones are kept beside it, as JSON."""
        values: dict[str, list[Scalar]] = {}
        structured: dict[str, bool] = {}
        self._damaged = []
        for raw in encoded:
            self._structured = []
            key, value = self._unusual(raw)
            values.setdefault(key, []).append(value)
            structured[key] = bool(self._structured)
        self._structured = [key for key, is_json in structured.items() if is_json]
        for key, several in values.items():
            if len(several) > 1:
                found[RAW_PREFIX + key] = json_text(several[:-1])
                self._structured.append(RAW_PREFIX + key)
                self._damaged.append(key)


def json_text(value: Any) -> str:
    """Compact JSON; what JSON cannot carry becomes text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
