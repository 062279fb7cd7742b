"""Parameters and prompts of a bundle as feature flags (OpenFeature Remote Evaluation Protocol)."""

from collections.abc import Mapping
from typing import Any

from pawl_sdk.bundle import Bundle, in_share

from libs.contracts.api import ChannelPointer


def flags_of(bundle: Bundle) -> dict[str, Any]:
    """`parameters.<name>` and `prompts.<name>` to their values."""
    parameters: Mapping[str, Any] = bundle.spec.parameters
    return {f"parameters.{name}": value for name, value in parameters.items()} | {
        f"prompts.{name}": text for name, text in bundle.prompts.items()
    }


def variant_of(pointer: ChannelPointer, targeting_key: str | None) -> str:
    """`canary` or `stable`: the same side that the SDK picks for this key."""
    canary = pointer.canary
    if canary is None or targeting_key is None:
        return "stable"
    return "canary" if in_share(canary.salt, targeting_key, canary.weight) else "stable"


def digest_of_variant(pointer: ChannelPointer, variant: str) -> str:
    if variant == "canary" and pointer.canary is not None:
        return pointer.canary.digest
    return pointer.digest
