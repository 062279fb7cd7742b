"""The whole config of one agent at one moment: immutable, with one digest for one meaning."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from pawl_sdk.bundle.canonical import canonical_json, digest_of, read_json
from pawl_sdk.bundle.errors import BundleError

SCHEMA = 1
BUNDLE_BYTES_MAX = 4 * 1024 * 1024
NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"

Name = Annotated[str, Field(pattern=NAME)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


def is_name(text: str) -> bool:
    """Whether an agent, and its config, may be called this."""
    return re.fullmatch(NAME, text) is not None


class _Part(BaseModel):
    """Unknown fields are ignored when a bundle is read, so that an older SDK reads a newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Rule(_Part):
    """A learned rule: when the CEL expression is true of the facts, `then` goes over the answer."""

    id: Name
    when: Annotated[str, Field(min_length=1, max_length=2000)]
    then: Annotated[dict[str, JsonValue], Field(min_length=1)]
    because: str = ""
    evidence: tuple[JsonValue, ...] = ()
    added: date
    expires: date | None = None


Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Task(_Part):
    """What is answered: `label` is a field of the answer, `group_by` are paths of the input.

    `costs` says what a wrong answer costs, by the expected label and the one that came. Pairs that
    it does not name cost 1, a right answer 0.
    """

    label: Label
    labels: tuple[Label, ...] = ()
    group_by: tuple[Label, ...] = ()
    costs: dict[Label, dict[Label, Cost]] = {}

    @model_validator(mode="after")
    def _known_labels(self) -> "Task":
        named = {*self.costs, *(came for row in self.costs.values() for came in row)}
        if self.labels and (odd := sorted(named - set(self.labels))):
            raise ValueError(f"costs: expected labels of {list(self.labels)}, came {odd}")
        return self

    def cost_of(self, expected: str, answered: str | None) -> float:
        """Of one answer; a run without an answer costs what the worst one does."""
        row = self.costs.get(expected, {})
        if answered is None:
            return max([1.0, *row.values()])
        return row.get(answered, float(answered != expected))


class Guardrail(_Part):
    """Of all runs, those that should answer `label` and do not may grow by at most `margin`."""

    name: Label
    label: Label
    margin: Annotated[float, Field(ge=0, le=1)]


class NeverEvent(_Part):
    """What must not happen: `answered` where `expected` was right.

    `at_most` is the rate that has to be ruled out before anybody may rely on it.
    """

    expected: Label
    answered: Label
    at_most: Annotated[float, Field(gt=0, le=1)] | None = None


class CostLimits(_Part):
    """Ratios of candidate to baseline that a change may not exceed.

    `latency_ms` is the median; the tail is held to `latency_p95_ms`, or to the same ratio.
    """

    latency_ms: Annotated[float, Field(gt=0)] | None = None
    latency_p95_ms: Annotated[float, Field(gt=0)] | None = None
    tokens: Annotated[float, Field(gt=0)] | None = None
    tool_calls: Annotated[float, Field(gt=0)] | None = None


class AgentSpec(_Part):
    """`agent.yaml`."""

    name: Name
    model: str | None = None
    parameters: dict[str, JsonValue] = {}
    tools: tuple[Label, ...] = ()
    limits: dict[str, JsonValue] = {}
    task: Task | None = None
    guardrails: tuple[Guardrail, ...] = ()
    never: tuple[NeverEvent, ...] = ()
    cost: CostLimits | None = None


class Bundle(_Part):
    """Make one with `compile_bundle`, `Bundle.from_bytes` or `Bundle.from_document`."""

    agent: Name
    spec: AgentSpec
    prompts: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()
    context: dict[str, dict[str, JsonValue]] = {}
    evaluators: dict[str, dict[str, JsonValue]] = {}
    content: Annotated[bytes, Field(exclude=True, repr=False)]
    """The canonical bytes: what is hashed, signed, stored and sent."""

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "Bundle":
        """Read a JSON object, or raise `BundleError`."""
        content = canonical_json(document)
        if len(content) > BUNDLE_BYTES_MAX:
            raise BundleError(f"expected at most {BUNDLE_BYTES_MAX} bytes, came {len(content)}")
        if document.get("schema") != SCHEMA:
            raise BundleError(
                f"expected schema {SCHEMA}, came {document.get('schema')!r}: upgrade pawl-sdk"
            )
        try:
            bundle = Bundle.model_validate({**read_json(content), "content": content})
        except ValidationError as error:
            raise BundleError(_first(error)) from error
        if bundle.agent != bundle.spec.name:
            raise BundleError(f"agent is {bundle.agent!r}, yet its spec names {bundle.spec.name!r}")
        return bundle

    @staticmethod
    def from_bytes(content: bytes) -> "Bundle":
        """Read canonical bytes; bytes that say the same in another form are refused."""
        try:
            document = read_json(content)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"expected canonical JSON: {error}") from error
        if not isinstance(document, dict):
            raise BundleError(f"expected a JSON object, came {type(document).__name__}")
        bundle = Bundle.from_document(document)
        if bundle.content != content:
            raise BundleError("expected canonical JSON (RFC 8785), came another form of it")
        return bundle

    @cached_property
    def digest(self) -> str:
        return digest_of(self.content)

    def canonical_bytes(self) -> bytes:
        return self.content

    def document(self) -> dict[str, Any]:
        """The JSON object, also with fields that this SDK does not know."""
        document: dict[str, Any] = read_json(self.content)
        return document


def _first(error: ValidationError) -> str:
    item = error.errors()[0]
    return f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
