"""JSON and text that every table and every reader can hold: what senders wrote may be neither."""

import json
from math import isfinite
from typing import Any

from pawl_sdk.bundle import BundleError, canonical_json, digest_of
from pydantic import JsonValue

DEPTH_MAX = 100
"""Well under where parsers of JSON give up; no agent's input comes near."""


class TooDeep(Exception):
    """Nested deeper than the readers of an example could follow."""


def storable(text: str) -> str:
    """As text that UTF-8 and PostgreSQL can hold; what they cannot becomes `?`."""
    return _utf8(text).replace("\0", "?")


def read_json(text: str) -> Any:
    """JSON where it is JSON, else the text itself; raises `TooDeep`."""
    try:
        return json.loads(text)
    except ValueError:
        return text
    except RecursionError as error:
        raise _too_deep() from error


def plain(value: JsonValue, depth: int = 0) -> JsonValue:
    """As strict JSON, as most of its writers would have put it; raises `TooDeep`.

    NaN and what no double reaches become null, and half of a surrogate pair (text that was cut
    within a character) becomes `?`. Integers keep all their digits.
    """
    if depth == DEPTH_MAX and isinstance(value, dict | list):
        raise _too_deep()
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, int | float):
        return value if _is_finite(value) else None
    if isinstance(value, dict):
        return {_utf8(key): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one, depth + 1) for one in value]
    return value


def fingerprint(document: Any, digits: int) -> str:
    """Hex digits that are equal for equal documents, in whichever order their keys stand.

    Of the canonical JSON (RFC 8785), which cannot say all that Python reads: not NaN, no half of a
    surrogate pair, and no integer of 2**53 or more, since as a double it could be another one.
    With these it is of the sorted text, which tells them apart.
    """
    try:
        content = canonical_json(document)
    except BundleError:
        content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return digest_of(content).removeprefix("sha256:")[:digits]


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # an integer of 309 digits or more
        return False


def _too_deep() -> TooDeep:
    return TooDeep(f"JSON is nested deeper than {DEPTH_MAX} levels")
