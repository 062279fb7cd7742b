"""Cells as values: what a column holds is told from all of its cells together."""

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Literal

from libs.facts import storable
from pawl.trying.times import times_of

Kind = Literal["number", "truth", "time", "list", "text", "mixed", "empty"]
MOST = 0.9
"""Odd values among numbers stay as text: they are values, too."""
TEXT_CHARS_MAX = 20_000
LIST_ENTRIES_MAX = 200
SPLIT_SHARE_MIN = 0.3
INTEGER_DIGITS_MAX = 15
_ABSENT = frozenset(["", "nan", "null", "n/a", "#n/a", "<na>", "nat"])
_ABSENT_NUMBER = _ABSENT | frozenset(
    ["na", "none", "-", "--", "?", "inf", "-inf", "+inf", "infinity", "-infinity", "#div/0!"]
)
_POINT = re.compile(r"([-+]?)[$€£¥]?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*[$€£¥%]?\Z")
_COMMA = re.compile(r"([-+]?)[$€£¥]?\s*((?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?)\s*[$€£¥%]?\Z")
_CODE = re.compile(r"[-+]?0\d")


@dataclass(frozen=True)
class Typed:
    """`values` are scalars, tuples or None; `how` is told where cells were read as something."""

    kind: Kind
    values: tuple[Any, ...]
    how: str = ""
    times: tuple[datetime | None, ...] = ()


def typed(cells: Sequence[Any]) -> Typed:
    """Numbers, truth values, times, lists or text."""
    plain = [_plain(cell) for cell in cells]
    texts = [one for one in plain if isinstance(one, str)]
    if not texts:
        return _native(plain)
    for read in (_truths, _numbers, _times, _json_lists, _split_lists):
        found = read(plain)
        if found:
            return found
    kind: Kind = "text" if len(texts) == sum(one is not None for one in plain) else "mixed"
    return Typed(kind, tuple(plain))


def _plain(cell: Any) -> Any:
    """What JSON and CEL can hold; missing as None."""
    if isinstance(cell, str):
        text = storable(cell[:TEXT_CHARS_MAX]).strip()
        return None if text.lower() in _ABSENT else text
    if isinstance(cell, list):
        return tuple(_entry(one) for one in cell[:LIST_ENTRIES_MAX])
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) < 2**63 else str(cell)
    return cell if isinstance(cell, float) and isfinite(cell) else None


def _entry(one: Any) -> Any:
    if isinstance(one, list | dict):
        return None
    value = _plain(one)
    return value[:200] if isinstance(value, str) else value


def _native(values: Sequence[Any]) -> Typed:
    kinds = {type(one) for one in values if one is not None}
    kind: Kind = "mixed"
    if not kinds:
        kind = "empty"
    elif kinds <= {int, float}:
        kind = "number"
    elif len(kinds) == 1:
        kind = "truth" if kinds == {bool} else "list"
    return Typed(kind, tuple(values))


def _truths(values: Sequence[Any]) -> Typed | None:
    said = {str(one).lower() for one in values if one is not None}
    if not said <= {"true", "false"}:
        return None
    return Typed("truth", tuple(None if v is None else str(v).lower() == "true" for v in values))


def _numbers(values: Sequence[Any]) -> Typed | None:
    texts = [v for v in values if isinstance(v, str) and v.lower() not in _ABSENT_NUMBER]
    if not texts or any(isinstance(v, tuple) for v in values):
        return None
    if any(_CODE.match(one) for one in texts):
        return None  # 00123 is a code
    best: list[float | int | None] = []
    for pattern, turn in ((_POINT, _of_point), (_COMMA, _of_comma)):
        found = [_number(pattern, turn, one) for one in texts]
        if sum(one is not None for one in found) > sum(one is not None for one in best):
            best = found
    read = dict(zip(texts, best, strict=True)) if best else {}
    if sum(read[one] is not None for one in texts if one in read) < MOST * len(texts):
        return None
    new = tuple(_numbered(one, read) for one in values)
    odd = next((one for one in texts if read[one] is not None and not _bare(one)), None)
    return Typed("number", new, f"{odd} as {read[odd]}" if odd else "")


def _numbered(value: Any, read: dict[str, float | int | None]) -> Any:
    if not isinstance(value, str):
        return value
    if value.lower() in _ABSENT_NUMBER:
        return None
    number = read[value]
    return value if number is None else number


def _bare(text: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) is not None


Turn = Callable[[str], str]


def _of_point(text: str) -> str:
    return text.replace(",", "")


def _of_comma(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


def _number(pattern: re.Pattern[str], turn: Turn, text: str) -> float | int | None:
    if _bare(text) and pattern is _POINT:
        return _exact(text)
    found = pattern.match(text)
    return _exact(found[1] + turn(found[2])) if found else None


def _exact(text: str) -> float | int | None:
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text) if len(text.lstrip("+-")) <= INTEGER_DIGITS_MAX else None
    number = float(text)
    return number if isfinite(number) else None


def _times(values: Sequence[Any]) -> Typed | None:
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) < sum(one is not None for one in values):
        return None
    if times_of(texts[:1]) == [None] and times_of(texts[-1:]) == [None]:
        return None
    found = times_of(values)
    if sum(one is not None for one in found) < MOST * len(texts):
        return None
    return Typed("time", tuple(values), times=tuple(found))


def _json_lists(values: Sequence[Any]) -> Typed | None:
    texts = [one for one in values if isinstance(one, str)]
    if sum(one.startswith("[") and one.endswith("]") for one in texts) < MOST * len(texts):
        return None
    lists = [_list(one) if isinstance(one, str) else one for one in values]
    if sum(isinstance(one, tuple) for one in lists) < MOST * len(texts):
        return None
    return Typed("list", tuple(lists), f"{_cut(texts[0])} as a list")


def _list(text: str) -> Any:
    """As JSON, or as Python prints a list."""
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list):
            return _plain(found)
    return text


def _split_lists(values: Sequence[Any]) -> Typed | None:
    """`a;b;c` and `a|b`: short entries that come again, in a good part of the cells."""
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) < sum(one is not None for one in values):
        return None
    for mark in (";", "|"):
        many = [one for one in texts if mark in one]
        if len(many) < max(2, SPLIT_SHARE_MIN * len(texts)):
            continue
        lists = [
            None if v is None else tuple(filter(None, map(str.strip, v.split(mark))))
            for v in values
        ]
        counts = Counter(entry for one in lists if one for entry in one)
        short = all(len(entry) <= 40 and len(entry.split()) <= 4 for entry in counts)
        if short and len(counts) <= min(LIST_ENTRIES_MAX, counts.total() / 2):
            return Typed("list", tuple(lists), f"{_cut(many[0])} as a list")
    return None


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
