"""Requests, reviews and reference, as `pawl demo --data DIR` reads them.

What can be answered is taken: a missing text is an empty one, an amount below zero is a credit,
unknown fields are ignored. `forms` says which spellings mean the same.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from examples.procurement.data import forms

Decision = Literal["approve", "reject", "flag-for-review"]
DECISIONS: tuple[Decision, ...] = ("approve", "reject", "flag-for-review")

AMOUNT_MAX = 1e12
TEXT_MAX = 20_000

Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Words = Annotated[str, BeforeValidator(forms.text), Field(max_length=TEXT_MAX)]
Prose = Annotated[str, BeforeValidator(forms.prose), Field(max_length=TEXT_MAX)]
Tag = Annotated[str | None, BeforeValidator(forms.tag)]
Identifier = Annotated[str, BeforeValidator(forms.identifier), Field(min_length=1, max_length=180)]
Amount = Annotated[
    float,
    BeforeValidator(forms.amount),
    Field(strict=True, ge=-AMOUNT_MAX, le=AMOUNT_MAX, allow_inf_nan=False),
]
"""In the company's currency; below zero the vendor gives money back."""
Money = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Strings = Annotated[tuple[str, ...], BeforeValidator(forms.strings)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class PurchaseRequest(_Row):
    """What an employee asks for. Without id and amount nothing can be decided.

    `urgency` is usually routine, urgent or emergency.
    """

    id: Identifier
    requester: Words = ""
    department: Words = ""
    item: Words = ""
    vendor: Words = ""
    amount: Amount
    justification: Prose = ""
    urgency: Annotated[Words, BeforeValidator(forms.urgency)] = ""


class Review(_Row):
    """What the colleague decided, and why in her own words."""

    request_id: Identifier
    decision: Annotated[Decision, BeforeValidator(forms.decision)]
    reasoning: Prose = ""
    precedent: Tag = None
    conditions: Strings = ()


class Vendor(_Row):
    """`status`: preferred, approved or suspended; a vendor that is not here is not listed."""

    name: Text
    status: Annotated[Text, BeforeValidator(forms.word)]
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


class Skipped(BaseModel):
    """A row that cannot be used: where it stands and what was expected there."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int | None = None
    field: str = ""
    message: str

    def told(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class Case(BaseModel):
    """Everything a demo needs. `fresh_*` no part of the loop sees before the final count.

    `stream_*` come in after the first `requests`, cycle by cycle.
    """

    model_config = ConfigDict(frozen=True)

    requests: tuple[PurchaseRequest, ...]
    reviews: dict[str, Review]
    fresh_requests: tuple[PurchaseRequest, ...]
    fresh_reviews: dict[str, Review]
    reference: Reference
    stream_requests: tuple[PurchaseRequest, ...] = ()
    stream_reviews: dict[str, Review] = {}
    skipped: tuple[Skipped, ...] = ()
