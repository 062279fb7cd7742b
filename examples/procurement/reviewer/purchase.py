"""A request as the reviewer sees it, with the company's records beside it."""

import re
from dataclasses import dataclass
from typing import TypeVar

from examples.procurement.data.model import Department, PurchaseRequest, Reference, Vendor

N = TypeVar("N", Vendor, Department)

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent)")


@dataclass(frozen=True)
class Purchase:
    """`preferred_name`: the vendor that the company prefers in this vendor's category, or None."""

    request: PurchaseRequest
    vendor: Vendor | None
    department: Department | None
    preferred_name: str | None

    @staticmethod
    def of(request: PurchaseRequest, reference: Reference) -> "Purchase":
        vendor = _named(reference.vendors, request.vendor)
        categories = set(vendor.categories) if vendor else set()
        preferred = [
            other.name
            for other in reference.vendors
            if other.status == "preferred" and categories & set(other.categories)
        ]
        department = _named(reference.departments, request.department)
        return Purchase(request, vendor, department, preferred[0] if preferred else None)

    @property
    def status(self) -> str:
        return self.vendor.status if self.vendor else "not-listed"

    def sells(self, category: str) -> bool:
        return self.vendor is not None and category in self.vendor.categories

    def says(self, word: str) -> bool:
        """Whether the word stands in the justification or in the item's name."""
        return word in f"{self.request.justification} {self.request.item}".lower()

    @property
    def increase_percent(self) -> float:
        """How much more a renewal costs than before; 0 when it is none or does not say."""
        found = _PERCENT.search(self.request.justification)
        return float(found.group(1)) if found and self.says("renewal") else 0.0

    @property
    def exceeds_budget(self) -> bool:
        budget = self.department.quarterly_budget if self.department else float("inf")
        return self.request.amount > budget


def _named(items: tuple[N, ...], name: str) -> N | None:
    found = [item for item in items if item.name.casefold() == name.casefold()]
    return found[0] if found else None
