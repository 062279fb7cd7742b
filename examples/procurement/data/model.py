"""Requests, reviews and reference, as `pawl demo --data DIR` reads them.

Other people's files may differ in small ways that change no meaning: decision words are
normalised, a list of one may be a plain string, unknown fields are ignored.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Decision = Literal["approve", "reject", "flag-for-review"]
DECISIONS: tuple[Decision, ...] = ("approve", "reject", "flag-for-review")
Urgency = Literal["routine", "urgent", "emergency"]

_DECISION_WORDS = {
    "approved": "approve",
    "accept": "approve",
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


def _word(value: Any) -> Any:
    return value.strip().lower().replace("_", "-").replace(" ", "-") if _is_text(value) else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _decision(value: Any) -> Any:
    word = _word(value)
    return _DECISION_WORDS.get(word, word) if _is_text(word) else word


def _urgency(value: Any) -> Any:
    word = _word(value)
    return _URGENCY_WORDS.get(word, word) if _is_text(word) else word


def _identifier(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _strings(value: Any) -> Any:
    """A list of strings, or one string with commas, or nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _prose(value: Any) -> Any:
    """Text, or a list of sentences, or nothing."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " ".join(value)
    return value


Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Identifier = Annotated[str, BeforeValidator(_identifier), Field(min_length=1, max_length=180)]
Money = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_strings)]
Prose = Annotated[str, BeforeValidator(_prose)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class PurchaseRequest(_Row):
    """What an employee asks for. `amount` is in the company's currency."""

    id: Identifier
    requester: Text
    department: Text
    item: Text
    vendor: Text
    amount: Money
    justification: Prose = ""
    urgency: Annotated[Urgency, BeforeValidator(_urgency)]


class Review(_Row):
    """What the colleague decided, and why in her own words."""

    request_id: Identifier
    decision: Annotated[Decision, BeforeValidator(_decision)]
    reasoning: Prose = ""
    precedent: str | None = None
    conditions: Strings = ()


class Vendor(_Row):
    """`status`: preferred, approved or suspended; a vendor that is not here is not listed."""

    name: Text
    status: Annotated[Text, BeforeValidator(_word)]
    categories: Strings = ()
    notes: Prose = ""


class Department(_Row):
    """`quarterly_budget` is in the company's currency."""

    name: Text
    headcount: Annotated[int, Field(strict=True, ge=0)]
    quarterly_budget: Money


class Policy(_Row):
    """`rules`: sentences, or an object with the same figures."""

    name: Text
    description: Prose = ""
    rules: list[Any] | dict[str, Any] | str = []


class Reference(_Row):
    """What the company writes down and every employee may read."""

    vendors: tuple[Vendor, ...]
    departments: tuple[Department, ...]
    policies: tuple[Policy, ...]


class Case(BaseModel):
    """Everything a demo needs. `fresh_*` no part of the loop sees before the final count."""

    model_config = ConfigDict(frozen=True)

    requests: tuple[PurchaseRequest, ...]
    reviews: dict[str, Review]
    fresh_requests: tuple[PurchaseRequest, ...]
    fresh_reviews: dict[str, Review]
    reference: Reference
