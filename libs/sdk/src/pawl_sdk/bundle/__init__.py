"""Bundles: compile, digest, edit, sign, evaluate rules. Pure; imports nothing else of pawl_sdk."""

from pawl_sdk.bundle.canonical import canonical_json, digest_of, json_value
from pawl_sdk.bundle.compile import compile_bundle
from pawl_sdk.bundle.diff import unified_diff
from pawl_sdk.bundle.edits import apply_edits, proposal_id, validate_edit
from pawl_sdk.bundle.errors import BundleError, EditError
from pawl_sdk.bundle.merge import merged
from pawl_sdk.bundle.model import (
    AgentSpec,
    Bundle,
    CostLimits,
    Guardrail,
    NeverEvent,
    Rule,
    Task,
    is_name,
)
from pawl_sdk.bundle.rules import RuleFault, RuleOutcome, RuleSet
from pawl_sdk.bundle.share import in_share
from pawl_sdk.bundle.sign import SignatureError, key_id_of, public_key_of, sign, verify

__all__ = [
    "AgentSpec",
    "Bundle",
    "BundleError",
    "CostLimits",
    "EditError",
    "Guardrail",
    "NeverEvent",
    "Rule",
    "RuleFault",
    "RuleOutcome",
    "RuleSet",
    "SignatureError",
    "Task",
    "apply_edits",
    "canonical_json",
    "compile_bundle",
    "digest_of",
    "in_share",
    "is_name",
    "json_value",
    "key_id_of",
    "merged",
    "proposal_id",
    "public_key_of",
    "sign",
    "unified_diff",
    "validate_edit",
    "verify",
]
