"""`/api/v1/config-repo/{agent}` on review_gate: the files of one agent at one commit."""

from typing import Annotated

from pydantic import ConfigDict, Field

from libs.contracts.base import Model


class ConfigFiles(Model):
    """`files` are relative to the agent's folder, e.g. `rules.yaml`, `prompts/system.md`."""

    agent: str
    commit: str
    digest: str
    files: dict[str, str]


class ConfigPosted(Model):
    """`PUT`: an agent's first files, or a change by hand of those at `base_commit`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: Annotated[dict[str, str], Field(min_length=1, max_length=500)]
    author: Annotated[str, Field(min_length=1, max_length=200)]
    message: Annotated[str, Field(max_length=10_000)] = ""
    base_commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """The commit whose files were changed; None for an agent's first files."""


class ConfigAgents(Model):
    """`GET /api/v1/config-repo`: which agents have a config on main."""

    commit: str | None
    """None before the first import."""
    agents: tuple[str, ...]
