"""Dates and times as people and programs write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,]+(.*))?\Z")
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?:[ T]+(.*))?\Z")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?\Z")
_EPOCH_MIN, _EPOCH_MAX = 1e8, 1e11


def times_of(values: Sequence[Any]) -> list[datetime | None]:
    """One a value, in UTC where a zone is given; None where no date can be read.

    `03/04/2026` is month first unless some other value can only be day first, and with dots always
    day first.
    """
    texts = [one.strip() if isinstance(one, str) else one for one in values]
    parts = [_DAY_FIRST.match(one) for one in texts if isinstance(one, str)]
    day_first = any(one and int(one[1]) > 12 for one in parts)
    return [_time_of(one, day_first) for one in texts]


def _time_of(value: Any, day_first: bool) -> datetime | None:
    try:
        if isinstance(value, str):
            return _of_text(value, day_first)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            seconds = value / 1000 if value > _EPOCH_MAX else value
            if seconds >= _EPOCH_MIN:
                return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _of_text(text: str, day_first: bool) -> datetime | None:
    if len(text) < 8 or len(text) > 40 or not text[0].isdigit():
        return None
    found = _YEAR_FIRST.match(text)
    if found and (found[2] != "-" or len(found[3]) < 2):
        return _with_clock((int(found[1]), int(found[3]), int(found[4])), found[5])
    found = _DAY_FIRST.match(text)
    if found:
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        turned = day_first or found[2] == "."
        day, month = (first, second) if turned else (second, first)
        return _with_clock((year, month, day), found[5])
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _with_clock(date: tuple[int, int, int], clock: str | None) -> datetime | None:
    found = _CLOCK.match(clock.strip()) if clock and clock.strip() else None
    if clock and clock.strip() and not found:
        return None
    hour, minute, second = (
        (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)
    )
    if found and found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    return datetime(*date, hour, minute, second, tzinfo=UTC)
