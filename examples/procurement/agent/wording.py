"""What a request says between the lines: figures that a rule can ask for."""

import re
from dataclasses import dataclass

_RENEWAL = re.compile(r"\brenew|\bextension of|\bextend\w* (?:our|the)")
_INCREASE = re.compile(
    r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)[^.;]{0,30}?"
    r"(?:increase|higher|more|uplift|rise|up\b|hike|on top|price)"
    r"|(?:increase|higher|more|uplift|rise|up|hike|rises|goes up|went up|grew)\b[^.;]{0,30}?"
    r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)"
)
_BEFORE = re.compile(
    r"(?:last (?:year|term|time|quarter)|previous\w*|prior|before|currently|so far|was|were|from)"
    r"[^.;\d]{0,30}[$€£]?\s?(\d{1,3}(?:,\d{3})+|\d{3,})"
)
_QUANTITY = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)\s*(?:x\b|×|"
    r"(?:\w+\s)?(?:seats?|licen[cs]es?|users?|units?|people|laptops?|monitors?|devices?))"
)
_MONTHS = re.compile(r"(\d+)[- ]months?")
_YEARS = re.compile(r"(\d+|two|three|five)[- ](?:years?)\b")
_NUMBER_MAX = 1e12
_NO_WORD = re.compile(r"\w{41,}")
"""Keys, noise: nothing to read, and slow to search."""
_NUMBER_WORDS = {"two": 2, "three": 3, "five": 5}


@dataclass(frozen=True)
class Wording:
    """Figures are 0 when the text does not tell them."""

    is_renewal: bool
    price_increase_percent: float
    quantity: int
    term_months: int

    @staticmethod
    def read(item: str, justification: str, amount: float) -> "Wording":
        text = _NO_WORD.sub(" ", f"{item}. {justification}".lower())
        renewal = bool(_RENEWAL.search(text))
        return Wording(
            is_renewal=renewal,
            price_increase_percent=_increase(text, amount, renewal),
            quantity=_first_number(_QUANTITY, text),
            term_months=_months(text),
        )


def _increase(text: str, amount: float, renewal: bool) -> float:
    found = _INCREASE.search(text)
    if found:
        return _number(found.group(1) or found.group(2))
    before = _BEFORE.search(text)
    if not (before and renewal):
        return 0.0
    price = _number(before.group(1))
    if price <= 0 or price < amount / 10:
        return 0.0
    return round(max(0.0, amount / price - 1) * 100, 1)


def _number(digits: str) -> float:
    figure = float(digits.replace(",", ""))
    return figure if figure <= _NUMBER_MAX else 0.0


def _first_number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(_number(found.group(1))) if found else 0


def _months(text: str) -> int:
    years = _YEARS.search(text)
    if years:
        return 12 * int(_NUMBER_WORDS.get(years.group(1)) or _number(years.group(1)))
    return _first_number(_MONTHS, text)
