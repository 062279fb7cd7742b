"""Forms that change no meaning: other people's files spell the same thing in many ways."""

import re
from typing import Any

_DECISION_WORDS = {
    "approved": "approve",
    "accept": "approve",
    "accepted": "approve",
    "rejected": "reject",
    "deny": "reject",
    "denied": "reject",
    "flag": "flag-for-review",
    "flagged": "flag-for-review",
    "review": "flag-for-review",
    "flagged-for-review": "flag-for-review",
    "flag-review": "flag-for-review",
}
_URGENCY_WORDS = {
    "normal": "routine",
    "standard": "routine",
    "low": "routine",
    "high": "urgent",
    "critical": "emergency",
}
_WRITTEN_AMOUNT = re.compile(
    r"(?P<less>-|\()?\s*[$€£]?\s*(?P<figure>\d{1,3}(?:,\d{3})+|\d+)(?P<rest>\.\d+)?\s*\)?"
)


def word(value: Any) -> Any:
    """`Flag_for Review` is `flag-for-review`."""
    is_text = isinstance(value, str)
    return value.strip().lower().replace("_", "-").replace(" ", "-") if is_text else value


def decision(value: Any) -> Any:
    """Other words for the three decisions."""
    said = word(value)
    return _DECISION_WORDS.get(said, said) if isinstance(said, str) else said


def urgency(value: Any) -> Any:
    """Other words for the three urgencies; what is none of them stays what it is."""
    said = word(text(value))
    return _URGENCY_WORDS.get(said, said) if isinstance(said, str) else said


def identifier(value: Any) -> Any:
    """Numbers may name a row, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text(value: Any) -> Any:
    """A number is its digits, a list of words is one text, nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value


def amount(value: Any) -> Any:
    """`"$1,200.50"` is 1200.5; `"(300)"` and `"-300"` are a credit of 300."""
    found = _WRITTEN_AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    size = float(found["figure"].replace(",", "") + (found["rest"] or ""))
    return -size if found["less"] else size


def strings(value: Any) -> Any:
    """A list of strings, or one string with commas, or nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple):
        return tuple(text(part) for part in value)
    return value


def prose(value: Any) -> Any:
    """Text, or a list of sentences, or nothing."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " ".join(value)
    return text(value)


def tag(value: Any) -> Any:
    """One name or none: of several the first."""
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else text(value)
