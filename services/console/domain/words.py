"""Digests, times, sizes and values as people read them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TEXT_CHARS_MAX = 20_000


def short(digest: str | None) -> str:
    """`60f63cea2dfa` of `sha256:60f63cea2dfa…`, or of a commit."""
    return digest.removeprefix("sha256:")[:12] if digest else "–"


def ago(now: datetime, at: datetime) -> str:
    """`3 min ago`."""
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return "just now" if seconds > -60 else f"in {_span(-seconds)}"
    return "just now" if seconds < 5 else f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def duration(milliseconds: float) -> str:
    """`12 ms`, `3.4 s`, `2 min 5 s`."""
    if milliseconds < 1:
        return f"{milliseconds * 1000:.0f} µs"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def dollars(amount: float | None) -> str:
    """`$0.0042`; small sums keep two significant digits."""
    if not amount:
        return "–" if amount is None else "$0"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.2g}"


def count(number: float | None) -> str:
    """`12,408`."""
    return "–" if number is None else f"{number:,.0f}"


@dataclass(frozen=True)
class Shown:
    """A text ready for a page. `hidden` is how many characters were left away."""

    text: str
    hidden: int = 0


def pretty(text: str | None, chars_max: int = TEXT_CHARS_MAX) -> Shown | None:
    """JSON indented, anything else as it is; None for no text."""
    if not text:
        return None
    shown = text
    if text.lstrip()[:1] in ("{", "["):
        try:
            shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            shown = text
    return _cut(shown, chars_max)


def value(item: Any, chars_max: int = TEXT_CHARS_MAX) -> Shown:
    """One attribute: text as it is, anything else as JSON."""
    text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
    return pretty(text, chars_max) or Shown("")


def label(item: Any) -> str:
    """An answer in one word: text as it is, anything else as short JSON."""
    text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def _cut(text: str, chars_max: int) -> Shown:
    return Shown(text[:chars_max], max(0, len(text) - chars_max))
