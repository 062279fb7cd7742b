"""How much a change can do, from what it touches. The highest part decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pawl_sdk.bundle import Bundle

from libs.contracts.api.proposals import Risk

_ORDER: Mapping[Risk, int] = {"low": 0, "medium": 1, "high": 2}
_FOLDERS: Mapping[str, tuple[Risk, str]] = {
    "evaluators": ("high", "redefines what good means"),
    "prompts": ("medium", "may change every answer"),
    "rules": ("low", "changes answers where its condition holds"),
    "context": ("low", "changes what a tool says about one thing"),
}
_SPEC: Mapping[str, tuple[Risk, str]] = {
    "guardrails": ("high", "moves the limits that protect against a bad change"),
    "cost": ("high", "moves the limits that protect against a bad change"),
    "task": ("high", "redefines which answers exist and how they are compared"),
    "tools": ("high", "changes what the agent may do"),
    "limits": ("high", "changes how far the agent may go"),
    "model": ("medium", "may change every answer"),
    "parameters": ("medium", "may change every answer"),
}
_UNKNOWN: tuple[Risk, str] = ("high", "is a field without a risk class")


@dataclass(frozen=True)
class Assessment:
    """The class and one reason a part, highest first."""

    level: Risk
    reasons: tuple[str, ...]


def assess(before: Bundle, after: Bundle) -> Assessment:
    """Classify the difference of two bundles."""
    found = sorted(_touched(before.document(), after.document()), key=lambda one: -_ORDER[one[0]])
    level: Risk = found[0][0] if found else "low"
    return Assessment(level, tuple(dict.fromkeys(reason for _, reason in found)))


def _touched(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[Risk, str]]:
    for part, (risk, why) in _FOLDERS.items():
        if before.get(part) != after.get(part):
            yield risk, f"{part}: {why}"
    old, new = before.get("spec") or {}, after.get("spec") or {}
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            risk, why = _SPEC.get(key, _UNKNOWN)
            yield risk, f"agent.yaml {key}: {why}"
