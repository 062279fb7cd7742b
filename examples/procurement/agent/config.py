"""One bundle made ready for runs: built once, then read by every run that pins it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pawl_sdk.bundle import Bundle, BundleError, RuleSet

from examples.procurement.agent.tools import CONTEXT_OF

PROMPT = "system"


@dataclass(frozen=True)
class AgentConfig:
    """What this agent takes from a bundle."""

    digest: str
    model: str | None
    prompt: str
    parameters: Mapping[str, Any]
    limits: Mapping[str, Any]
    context: Mapping[str, Mapping[str, Any]]
    rules: RuleSet
    because: Mapping[str, str]
    """Why each rule is there, by its id."""

    @staticmethod
    def build(bundle: Bundle) -> "AgentConfig":
        """Raises `BundleError` for a bundle that this agent cannot run: the old one stays."""
        if PROMPT not in bundle.prompts:
            raise BundleError("the agent needs this prompt", file=f"prompts/{PROMPT}.md")
        unknown = [name for name in bundle.spec.tools if name not in CONTEXT_OF]
        if unknown:
            expected = ", ".join(CONTEXT_OF)
            raise BundleError(
                f"expected {expected}, came {unknown[0]!r}", file="agent.yaml", field="tools"
            )
        _check_numbers(bundle.spec.parameters)
        return AgentConfig(
            digest=bundle.digest,
            model=bundle.spec.model,
            prompt=bundle.prompts[PROMPT],
            parameters=bundle.spec.parameters,
            limits=bundle.spec.limits,
            context=bundle.context,
            rules=RuleSet(bundle.rules),
            because={rule.id: rule.because or rule.when for rule in bundle.rules},
        )


def _check_numbers(parameters: Mapping[str, Any]) -> None:
    for name in ("auto_max", "manager_max", "caution", "confidence_min"):
        value = parameters.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BundleError(
                f"expected a number, came {value!r}", file="agent.yaml", field=f"parameters.{name}"
            )
