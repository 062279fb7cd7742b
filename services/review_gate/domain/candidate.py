"""The change as files and as bundles: before, after and the text of the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import Bundle, BundleError, apply_edits, compile_bundle, unified_diff
from pydantic import JsonValue

from services.review_gate.domain.errors import InvalidConfigError

Edits = Sequence[Mapping[str, JsonValue]]


@dataclass(frozen=True)
class Candidate:
    """What would be served, beside what is served."""

    files: Mapping[str, str]
    before: Bundle
    after: Bundle
    diff: str


def compile_files(agent: str, files: Mapping[str, str]) -> Bundle:
    """Compile, or raise `InvalidConfigError` that names file, line and field."""
    try:
        return compile_bundle(agent, files)
    except BundleError as error:
        raise InvalidConfigError(str(error)) from error


def build_candidate(agent: str, files: Mapping[str, str], edits: Edits) -> Candidate:
    """Apply the edits; they cannot name a file outside the agent's folder."""
    before = compile_files(agent, files)
    try:
        after_files = apply_edits(files, edits)
    except BundleError as error:
        raise InvalidConfigError(f"the edits do not fit their base: {error}") from error
    after = compile_files(agent, after_files)
    return Candidate(after_files, before, after, unified_diff(files, after_files))
