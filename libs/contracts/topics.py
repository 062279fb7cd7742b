"""The one table of topics: creation, subscribers, dead letters and docs all come from it."""

from dataclasses import dataclass
from typing import Literal

from libs.contracts import events
from libs.contracts.base import Event

DAY_HOURS = 24


@dataclass(frozen=True)
class Topic:
    """A declared topic. `model` is None when the value is protobuf, `retention_hours` when kept."""

    name: str
    model: type[Event] | None
    key: str
    producer: str
    consumers: tuple[str, ...]
    partitions: int
    retention_hours: int | None
    compacted: bool = False
    on_exhausted: Literal["dead_letter", "pause"] = "dead_letter"
    urgent: bool = False
    """Goes before the other topics where all services share one process."""
    about: str = ""

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}.dead-letter"


OTLP_SPANS = Topic(
    name="otlp_spans",
    model=None,
    key="trace id",
    producer="ingest",
    consumers=("traces",),
    partitions=12,
    retention_hours=3 * DAY_HOURS,
    on_exhausted="pause",
    urgent=True,
    about="ExportTraceServiceRequest holding spans of one trace, as the Collector writes it",
)
TRACE_COMPLETED = Topic(
    name="trace-completed-v1",
    model=events.TraceCompleted,
    key="trace id",
    producer="traces",
    consumers=("evaluators",),
    partitions=12,
    retention_hours=3 * DAY_HOURS,
    about="a trace is complete, or grew after it was",
)
EVALUATION_RECORDED = Topic(
    name="evaluation-recorded-v1",
    model=events.EvaluationRecorded,
    key="trace id",
    producer="evaluators",
    consumers=("traces", "clustering", "runtime_config"),
    partitions=12,
    retention_hours=7 * DAY_HOURS,
    about="one evaluation",
)
FEEDBACK_RECORDED = Topic(
    name="feedback-recorded-v1",
    model=events.FeedbackRecorded,
    key="project",
    producer="traces",
    consumers=("traces", "datasets"),
    partitions=6,
    retention_hours=None,
    about="one piece of feedback",
)
EXAMPLE_RECORDED = Topic(
    name="example-recorded-v1",
    model=events.ExampleRecorded,
    key="agent",
    producer="datasets",
    consumers=("clustering", "experiments", "miner"),
    partitions=3,
    retention_hours=None,
    about="a review has its place in the agent's log of reviews",
)
CLUSTER_UPDATED = Topic(
    name="cluster-updated-v1",
    model=events.ClusterUpdated,
    key="cluster id",
    producer="clustering",
    consumers=("miner",),
    partitions=3,
    retention_hours=30 * DAY_HOURS,
    about="a cluster after a change",
)
PROPOSAL_DRAFTED = Topic(
    name="proposal-drafted-v1",
    model=events.ProposalDrafted,
    key="agent",
    producer="miner",
    consumers=("experiments", "review_gate"),
    partitions=3,
    retention_hours=None,
    about="a proposal",
)
EXPERIMENT_FINISHED = Topic(
    name="experiment-finished-v2",
    model=events.ExperimentFinished,
    key="agent",
    producer="experiments",
    consumers=("miner", "review_gate"),
    partitions=3,
    retention_hours=None,
    about="a verdict with its figures",
)
LIVE_TEST_FINISHED = Topic(
    name="live-test-finished-v1",
    model=events.LiveTestFinished,
    key="agent",
    producer="experiments",
    consumers=("runtime_config",),
    partitions=3,
    retention_hours=None,
    about="what a config promoted on procedure evidence showed in live traffic",
)
PROPOSAL_DECIDED = Topic(
    name="proposal-decided-v1",
    model=events.ProposalDecided,
    key="agent",
    producer="review_gate",
    consumers=("miner", "experiments", "runtime_config"),
    partitions=3,
    retention_hours=None,
    about="approved, rejected or superseded",
)
CONFIG_RELEASED = Topic(
    name="config-released-v1",
    model=events.ConfigReleased,
    key="agent",
    producer="runtime_config",
    consumers=("experiments", "datasets"),
    partitions=3,
    retention_hours=None,
    about="a release: the audit log",
)
CONFIG_CHANNELS = Topic(
    name="config-channels-v1",
    model=events.ConfigChannelMoved,
    key="agent/channel",
    producer="runtime_config",
    consumers=(),
    partitions=3,
    retention_hours=None,
    compacted=True,
    about="the current pointer of each channel, for whoever wants to follow",
)
AGENT_STATUS_REPORTED = Topic(
    name="agent-status-reported-v1",
    model=events.AgentStatusReported,
    key="agent",
    producer="runtime_config",
    consumers=("experiments",),
    partitions=3,
    retention_hours=7 * DAY_HOURS,
    about="ACK or NACK of one instance",
)

TOPICS: tuple[Topic, ...] = (
    OTLP_SPANS,
    TRACE_COMPLETED,
    EVALUATION_RECORDED,
    FEEDBACK_RECORDED,
    EXAMPLE_RECORDED,
    CLUSTER_UPDATED,
    PROPOSAL_DRAFTED,
    EXPERIMENT_FINISHED,
    LIVE_TEST_FINISHED,
    PROPOSAL_DECIDED,
    CONFIG_RELEASED,
    CONFIG_CHANNELS,
    AGENT_STATUS_REPORTED,
)
BY_NAME = {topic.name: topic for topic in TOPICS}
BY_MODEL = {topic.model: topic for topic in TOPICS if topic.model is not None}
