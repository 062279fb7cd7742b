"""Opaque cursors: where the next page starts."""

import base64
import binascii

import orjson


class CursorError(ValueError):
    """The cursor was not made by this list."""


def encode_cursor(*place: int | str) -> str:
    """Text to pass back as `cursor`."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[int] | type[str]) -> list[int | str]:
    """The place in a cursor, checked against the kinds that the list uses."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, orjson.JSONDecodeError, ValueError) as error:
        raise CursorError("expected next_cursor of a previous page, unchanged") from error
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or any(type(item) is not kind for item, kind in zip(place, kinds, strict=True)):
        raise CursorError("expected next_cursor of a previous page of this same list")
    found: list[int | str] = place
    return found
