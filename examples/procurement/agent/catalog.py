"""The vendor list, asked by name and by category."""

import re
from collections.abc import Iterable

from examples.procurement.data.model import Vendor

UNKNOWN = "unknown"


class Catalog:
    """Names are compared without case and outer spaces."""

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self._vendors = tuple(vendors)
        self._by_name = {_key(vendor.name): vendor for vendor in self._vendors}

    def find(self, name: str) -> Vendor | None:
        return self._by_name.get(_key(name))

    def category(self, vendor: Vendor | None, item: str) -> str:
        """The vendor's category that fits the item best; any category when it is not listed."""
        if vendor is not None and vendor.categories:
            return _best(vendor.categories, item) or vendor.categories[0]
        every = {category: None for other in self._vendors for category in other.categories}
        return _best(every, item) or UNKNOWN

    def preferred_in(self, category: str) -> str:
        """The first preferred vendor of a category, or an empty name."""
        names = [v.name for v in self._in(category) if v.status == "preferred"]
        return names[0] if names else ""

    def _in(self, category: str) -> list[Vendor]:
        return [vendor for vendor in self._vendors if category in vendor.categories]


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _best(categories: Iterable[str], item: str) -> str | None:
    """The category that shares most words with the item; None when none shares any."""
    words = _stems(item)
    scored = [(len(words & _stems(category)), category) for category in categories]
    score, category = max(scored, key=lambda pair: pair[0], default=(0, ""))
    return category if score else None


def _stems(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z0-9]+", text.lower())}
