"""What a coding agent may ask. All of it reads: deciding is for people."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pawl_sdk.client import PawlClient

Names = Annotated[list[str] | None, Field(description="Any of these")]
Limit = Annotated[int, Field(ge=1, le=200, description="At most so many")]
TraceId = Annotated[str, Field(description="32 hex digits")]
Project = Annotated[str | None, Field(description="Needed when an id is in several projects")]
Time = Annotated[str | None, Field(description="For example 2026-01-31T12:00:00Z")]


class Tool(BaseModel):
    """The arguments are the fields, the docstring tells the agent what the tool is for."""

    model_config = ConfigDict(extra="forbid")

    @abstractmethod
    def ask(self, pawl: PawlClient) -> Any:
        """The answer, as JSON."""


class ListProjects(Tool):
    """Projects, with how much is stored of each and when it was last seen."""

    def ask(self, pawl: PawlClient) -> Any:
        return list(islice(pawl.projects(), 200))


class ListTraces(Tool):
    """Traces, newest first: status, duration, errors, tokens, cost, config digest of each."""

    project: Names = None
    agent: Names = None
    session_id: Names = None
    status: list[Literal["OK", "ERROR", "UNSET"]] | None = None
    name: Annotated[list[str] | None, Field(description="Of any span")] = None
    attribute: Annotated[list[str] | None, Field(description="key=value, or key")] = None
    config_digest: Names = None
    evaluation_label: Annotated[str | None, Field(description="For example error")] = None
    start: Time = None
    end: Time = None
    limit: Limit = 20

    def ask(self, pawl: PawlClient) -> Any:
        return list(pawl.traces.list(self.limit, **self.model_dump(exclude={"limit"})))


class PreviewTrace(Tool):
    """One trace at a glance: a line a span, indented, with its share of the latency."""

    trace_id: TraceId
    project: Project = None
    chars: Annotated[int, Field(ge=0, le=2000, description="Of each input and output")] = 160

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.traces.preview(self.trace_id, self.chars, self.project)


class GetSpan(Tool):
    """One whole span: input, output, messages, attributes, events."""

    span_id: Annotated[str, Field(description="16 hex digits")]
    trace_id: Annotated[str | None, Field(description="When several traces use the id")] = None
    project: Project = None

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.spans.get(self.span_id, trace_id=self.trace_id, project=self.project)


class FindInTrace(Tool):
    """Where a regular expression matches any field of any span: span, field, offset, snippet."""

    trace_id: TraceId
    pattern: str
    ignore_case: bool = False
    limit: Limit = 50
    project: Project = None

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.traces.find(
            self.trace_id,
            self.pattern,
            ignore_case=self.ignore_case,
            limit=self.limit,
            project=self.project,
        )


class JqTrace(Tool):
    """A jq program over the array of spans, over one span, or over one JSON field of a span."""

    trace_id: TraceId
    program: Annotated[str, Field(description='For example .[] | select(.status == "ERROR")')]
    span_id: str | None = None
    field: Annotated[str | None, Field(description="For example output")] = None
    project: Project = None

    def ask(self, pawl: PawlClient) -> Any:
        found = pawl.traces.jq(
            self.trace_id,
            self.program,
            span_id=self.span_id,
            field=self.field,
            project=self.project,
        )
        return found["results"]


class FollowValue(Tool):
    """Where a value (an id, a name, a number) appears first in a trace, and where it travels."""

    trace_id: TraceId
    value: str
    project: Project = None

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.traces.follow(self.trace_id, self.value, self.project)


class AggregateSpans(Tool):
    """Figures over spans by group and time: counts, errors, latency, tokens, cost.

    measures: {"op": count|traces|errors|error_rate|rate|distinct|avg|sum|min|max|quantiles,
    "field": duration_ms|tokens_input|cost_usd|attributes.KEY|...}. filter: as the query of
    list_traces, e.g. {"project": ["shop"], "kind": ["LLM"], "start": "2026-01-31T00:00:00Z"}.
    """

    filter: dict[str, Any] = {}
    group_by: Annotated[list[str], Field(description="For example model, or attributes.KEY")] = []
    measures: list[dict[str, Any]] = [{"op": "count"}]
    time_bucket_seconds: int | None = None
    limit: Limit = 100

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.spans.aggregate(self.model_dump(exclude_none=True))


class ListClusters(Tool):
    """Failures of an agent with one cause each: what went wrong, where, how often, which traces."""

    agent: str | None = None
    status: Literal["open", "resolved"] | None = "open"
    limit: Limit = 20

    def ask(self, pawl: PawlClient) -> Any:
        return list(pawl.clusters(self.limit, agent=self.agent, status=self.status))


class ListProposals(Tool):
    """Proposed config changes, newest first: state, title, risk."""

    agent: str | None = None
    state: Annotated[str | None, Field(description="E.g. open, approved, refused")] = None
    limit: Limit = 20

    def ask(self, pawl: PawlClient) -> Any:
        found = pawl.proposals.list(self.limit, agent=self.agent, state=self.state)
        return [_brief(view) for view in found]


class GetProposal(Tool):
    """One proposal: why, the diff, the evidence, the experiment's verdict, what was decided."""

    proposal_id: Annotated[str, Field(description="prop-…")]

    def ask(self, pawl: PawlClient) -> Any:
        return pawl.proposals.get(self.proposal_id)


def _brief(view: Mapping[str, Any]) -> dict[str, Any]:
    proposal = view["proposal"]
    return {
        "proposal_id": proposal["proposal_id"],
        "agent": proposal["agent"],
        "title": view["title"] or proposal["title"],
        **{name: view.get(name) for name in ("state", "risk", "decided_by", "decided_reason")},
    }


def _name_of(tool: type[Tool]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tool.__name__).lower()


TOOLS: dict[str, type[Tool]] = {_name_of(tool): tool for tool in Tool.__subclasses__()}
