"""One immutable config as a run sees it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from pawl_sdk.bundle import AgentSpec, Bundle, RuleOutcome, RuleSet, merged
from pawl_sdk.config.pointer import Pointer, in_canary


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything an agent reads from its config. Never changes; safe in any thread.

    What it hands out are copies: an agent that appends to a list changes no other run.
    """

    bundle: Bundle
    generation: int
    today: Callable[[], date]
    rules: RuleSet = field(repr=False)
    is_canary: bool = False
    built: Any = None
    """What the agent's own `build` made of the bundle."""

    @property
    def agent(self) -> str:
        return self.bundle.agent

    @property
    def digest(self) -> str:
        return self.bundle.digest

    @property
    def spec(self) -> AgentSpec:
        return self.bundle.spec.model_copy(deep=True)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return MappingProxyType(deepcopy(self.bundle.spec.parameters))

    def prompt(self, name: str) -> str:
        """The text of `prompts/<name>.md`."""
        try:
            return self.bundle.prompts[name]
        except KeyError:
            known = sorted(self.bundle.prompts)
            raise KeyError(f"config {self.digest} has no prompt {name!r}, only {known}") from None

    def apply_rules(
        self, facts: Mapping[str, Any], answer: Mapping[str, Any] | None = None
    ) -> RuleOutcome:
        """The answer after the learned rules; `answer` is the draft, else `facts["draft"]` is."""
        seen = facts if answer is None else {**facts, "draft": dict(answer)}
        return self.rules.evaluate(seen, self.today())

    def merge_context(self, name: str, key: str, tool_result: Mapping[str, Any]) -> dict[str, Any]:
        """The tool's result with what `context/<name>.yaml` knows of `key` laid over it."""
        known = self.bundle.context.get(name, {}).get(str(key), {})
        result: dict[str, Any] = merged(tool_result, known)
        return result


@dataclass(frozen=True, eq=False)
class Active:
    """What is served now: swapped as one reference, so a reader never sees half a change."""

    pointer: Pointer
    stable: Snapshot
    canary: Snapshot | None = None

    def choose(self, key: str) -> Snapshot:
        canary = self.pointer.canary
        if self.canary is not None and canary is not None and in_canary(canary, key):
            return self.canary
        return self.stable
