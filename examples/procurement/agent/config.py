"""What this agent makes of a bundle, once; it sits in the snapshot that a run pins."""

from collections.abc import Mapping
from dataclasses import dataclass

from pawl_sdk.bundle import Bundle, BundleError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from examples.procurement.agent.tools import CONTEXT_OF
from examples.procurement.agent.weights import Parameters

PROMPT = "system"


class Limits(BaseModel):
    """`limits` of agent.yaml."""

    model_config = ConfigDict(frozen=True)

    turns_max: int = Field(default=8, ge=1, le=20)
    output_tokens_max: int = Field(default=1_024, ge=1)


@dataclass(frozen=True)
class AgentConfig:
    """`because` says why each rule is there, by its id."""

    model: str | None
    prompt: str
    parameters: Parameters
    limits: Limits
    because: Mapping[str, str]

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
        try:
            parameters = Parameters.model_validate(bundle.spec.parameters)
            limits = Limits.model_validate(bundle.spec.limits)
        except ValidationError as error:
            raise _told(error) from error
        return AgentConfig(
            model=bundle.spec.model,
            prompt=bundle.prompts[PROMPT],
            parameters=parameters,
            limits=limits,
            because={rule.id: rule.because or rule.when for rule in bundle.rules},
        )


def _told(error: ValidationError) -> BundleError:
    item = error.errors()[0]
    field = f"{error.title.lower()}.{'.'.join(str(part) for part in item['loc'])}"
    return BundleError(f"{item['msg']}, came {item['input']!r}", file="agent.yaml", field=field)
