"""What can be bought in each category, and what it usually costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """`renewable`: a subscription that comes up again."""

    name: str
    renewable: bool = True


def _items(*names: str, once: tuple[str, ...] = ()) -> tuple[Item, ...]:
    return tuple(Item(name) for name in names) + tuple(Item(name, False) for name in once)


ITEMS: dict[str, tuple[Item, ...]] = {
    "cloud-hosting": _items("reserved compute instances", "managed database cluster", "CDN plan"),
    "observability": _items("log retention plan", "tracing subscription", "uptime monitoring"),
    "developer-tools": _items("CI runner minutes", "code review seats", "API testing suite"),
    "crm": _items("CRM seats", "contact enrichment add-on", once=("CRM data migration",)),
    "sales-enablement": _items("call coaching licences", "proposal builder", "lead routing tool"),
    "marketing-tools": _items(
        "landing page builder", "e-mail automation", "social scheduling tool", "webinar platform"
    ),
    "design": _items("design tool seats", "stock photo subscription", once=("brand asset pack",)),
    "customer-support": _items("help desk seats", "chat widget", "call deflection assistant"),
    "security": _items(
        "endpoint protection licences",
        "vulnerability scanner",
        "secrets manager",
        once=("penetration test",),
    ),
    "consulting": _items(once=("process consulting", "architecture consulting", "pricing study")),
    "integration": _items(once=("ERP integration project", "data pipeline build-out")),
    "hardware": _items(once=("developer laptops", "docking stations", "test phones", "monitors")),
    "training": _items(once=("onboarding workshop", "certification vouchers", "sales training")),
    "telephony": _items("call centre minutes", "conference lines"),
    "analytics": _items("dashboard licences", "event analytics plan", "data catalogue seats"),
}

DEPARTMENT_CATEGORIES: dict[str, dict[str, int]] = {
    "Engineering": {
        "cloud-hosting": 7,
        "observability": 5,
        "developer-tools": 5,
        "hardware": 4,
        "integration": 2,
        "analytics": 1,
        "training": 1,
    },
    "Marketing": {
        "marketing-tools": 12,
        "design": 4,
        "analytics": 2,
        "consulting": 1,
        "integration": 1,
    },
    "Sales": {
        "crm": 5,
        "sales-enablement": 4,
        "telephony": 3,
        "training": 2,
        "hardware": 2,
        "integration": 2,
    },
    "Customer Success": {
        "customer-support": 8,
        "telephony": 4,
        "training": 2,
        "analytics": 2,
        "hardware": 1,
    },
    "Security": {"security": 12, "observability": 2, "cloud-hosting": 2, "training": 1},
}
"""Weights of the categories that each department buys from."""
