"""Answers that have no model in `libs.contracts.api`: lists, read as far as a page needs them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from libs.contracts.api import (
    ClusterView,
    DecisionView,
    ExperimentView,
    InstanceView,
    Page,
    ProposalView,
    TraceSummary,
)
from libs.contracts.base import Timestamp

Proposals = Page[ProposalView]
Clusters = Page[ClusterView]
Experiments = Page[ExperimentView]
Traces = Page[TraceSummary]
RegistryDecisions = Page[DecisionView]


class _Items(BaseModel):
    """A page of items, or the bare list of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, data: Any) -> Any:
        return {"items": data} if isinstance(data, list) else data


class Instances(_Items):
    items: tuple[InstanceView, ...]


class ReleaseLine(BaseModel):
    """One release of the audit log."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    agent: str
    sequence: int
    digest: str
    commit: str = ""
    proposal_id: str | None = None
    experiment_id: str | None = None
    approved_by: str = ""
    released_at: Timestamp


class Releases(_Items):
    items: tuple[ReleaseLine, ...]
    next_cursor: str | None = None
