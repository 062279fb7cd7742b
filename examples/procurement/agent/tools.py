"""The three tools. Each result is plain JSON; the config's `context/` is laid over it by key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pawl_sdk.config import Snapshot

from examples.procurement.agent.catalog import Catalog
from examples.procurement.agent.policy import PolicyBook
from examples.procurement.agent.weights import Parameters
from examples.procurement.data.model import Department, Reference

Json = dict[str, Any]
NOT_LISTED = "not-listed"

CONTEXT_OF = {"lookup_vendor": "vendors", "check_budget": "departments", "check_policy": "policies"}
"""Which `context/<name>.yaml` is laid over which tool's results."""


@dataclass(frozen=True)
class Systems:
    """The company's systems behind the tools."""

    catalog: Catalog
    departments: Mapping[str, Department]
    policy: PolicyBook

    @staticmethod
    def of(reference: Reference) -> "Systems":
        departments = {
            department.name.casefold(): department for department in reference.departments
        }
        return Systems(Catalog(reference.vendors), departments, PolicyBook.read(reference.policies))


@dataclass(frozen=True)
class Toolbox:
    """The tools under one config. `committed` is what the department has spent in the period."""

    systems: Systems
    snapshot: Snapshot
    parameters: Parameters
    committed: float = 0.0

    def call(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Run a tool; raises `KeyError` for an unknown tool, `TypeError` for wrong arguments."""
        tools: dict[str, Callable[..., tuple[str, Json]]] = {
            "check_policy": self._check_policy,
            "lookup_vendor": self._lookup_vendor,
            "check_budget": self._check_budget,
        }
        key, result = tools[name](**arguments)
        return self.snapshot.merge_context(CONTEXT_OF[name], key, result)

    def _check_policy(
        self, amount: float, item: str, vendor: str, urgency: str
    ) -> tuple[str, Json]:
        book = self._book()
        known = self.systems.catalog.find(vendor)
        words = " ".join((item, *(known.categories if known else ()))).lower()
        consulting = "consult" in words
        weighed = amount * (1 + self.parameters.caution)
        tier = book.tier(weighed, consulting)
        return tier, {
            "tier": tier,
            "consulting": consulting,
            "emergency_bypass": book.emergency_bypass and urgency == "emergency",
            "auto_max": book.auto_max,
            "manager_max": book.consulting_manager_max if consulting else book.manager_max,
            "auto_max_share": _ratio(weighed, book.auto_max),
        }

    def _book(self) -> PolicyBook:
        """Limits that the config sets win over the written ones."""
        written, chosen = self.systems.policy, self.parameters
        return PolicyBook(
            auto_max=written.auto_max if chosen.auto_max is None else chosen.auto_max,
            manager_max=written.manager_max if chosen.manager_max is None else chosen.manager_max,
            consulting_manager_max=written.consulting_manager_max,
            emergency_bypass=chosen.emergency_bypass,
        )

    def _lookup_vendor(self, vendor: str, item: str) -> tuple[str, Json]:
        catalog = self.systems.catalog
        known = catalog.find(vendor)
        category = catalog.category(known, item)
        preferred = catalog.preferred_in(category)
        status = known.status if known else NOT_LISTED
        name = known.name if known else vendor
        return name, {
            "name": name,
            "listed": known is not None,
            "status": status,
            "category": category,
            "categories": list(known.categories) if known else [],
            "notes": known.notes if known else "",
            "preferred_in_category": preferred,
            "has_preferred_rival": preferred != "" and status != "preferred",
        }

    def _check_budget(self, department: str, amount: float) -> tuple[str, Json]:
        known = self.systems.departments.get(department.casefold())
        budget = known.quarterly_budget if known else 0.0
        remaining = budget - self.committed
        return known.name if known else department, {
            "department": known.name if known else department,
            "known": known is not None,
            "headcount": known.headcount if known else 0,
            "quarterly_budget": budget,
            "committed": self.committed,
            "remaining": remaining,
            "remaining_share": round(_ratio(remaining, budget), 2),
            "amount_share": _ratio(amount, budget),
            # A credit fits any budget, however far it is overdrawn.
            "over_budget": known is not None and amount > max(remaining, 0.0),
        }


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
