"""Which kind of evidence a change needs, by what its edits touch.

A gate and whoever tests a change ask the same function, so that nothing is tested in a way that
would not be let through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from libs.contracts.events.experiments import EvidenceKind

PARTS: Mapping[str, str] = {
    "rules": "a rule",
    "context": "what a tool says",
    "prompts": "the prompt",
    "evaluators": "an evaluator",
    "model": "the model",
    "parameters": "a parameter",
    "limits": "a limit",
    "agent": "agent.yaml",
}
"""What an edit may touch, in words; also the names that a policy is written with."""

_BY_OPERATION: Mapping[str, str] = {
    "add_rule": "rules",
    "remove_rule": "rules",
    "set_context": "context",
    "remove_context": "context",
}


@dataclass(frozen=True)
class EvidencePolicy:
    """`by_procedure`: the parts that may change on evidence of either kind, others on exact only.

    A rule that was learned acts where its condition holds and nowhere else, and so does what a tool
    says of one thing. A prompt may change every answer: that learning like this helps says little
    of this one.
    """

    by_procedure: frozenset[str] = frozenset({"rules", "context"})

    @classmethod
    def parse(cls, text: str) -> "EvidencePolicy":
        """From `rules,context`; empty: exact evidence for everything. `ValueError` if unknown."""
        named = frozenset(part.strip() for part in text.split(",") if part.strip())
        if unknown := named - PARTS.keys():
            raise ValueError(
                f"{', '.join(sorted(unknown))}: expected some of {', '.join(PARTS)}, with commas"
            )
        return cls(named)


def parts_touched(edits: Sequence[Mapping[str, JsonValue]]) -> tuple[str, ...]:
    """Names of `PARTS`, each once, in the order of the edits."""
    return tuple(dict.fromkeys(_part(edit) for edit in edits))


def kinds_that_suffice(
    edits: Sequence[Mapping[str, JsonValue]], policy: EvidencePolicy
) -> frozenset[EvidenceKind]:
    """`exact` always; `procedure` when the policy allows it for every part that is touched."""
    touched = parts_touched(edits)
    if touched and policy.by_procedure.issuperset(touched):
        return frozenset({"exact", "procedure"})
    return frozenset({"exact"})


def needs_exact(edits: Sequence[Mapping[str, JsonValue]], policy: EvidencePolicy) -> str | None:
    """Why only exact evidence counts: `this change edits the prompt: it needs exact evidence`."""
    if "procedure" in kinds_that_suffice(edits, policy):
        return None
    strict = [part for part in parts_touched(edits) if part not in policy.by_procedure]
    touched = " and ".join(PARTS[part] for part in strict) or "nothing"
    return f"this change edits {touched}: it needs exact evidence"


def _part(edit: Mapping[str, JsonValue]) -> str:
    """What is not known is `agent`, which no default policy is lenient about."""
    operation, path = str(edit.get("op")), str(edit.get("path", ""))
    if operation == "set_parameter":
        head = path.split(".")[0]
        return head if head in ("model", "parameters", "limits") else "agent"
    if operation == "replace_text":
        head = path.split("/")[0].removesuffix(".yaml")
        return head if head in ("rules", "context", "prompts", "evaluators") else "agent"
    return _BY_OPERATION.get(operation, "agent")
