"""Bodies of the HTTP API that more than one service, or a service and a client, must agree on."""

from libs.contracts.api.agents import ChannelPointer, InstanceView, StatusReport
from libs.contracts.api.channels import (
    CanaryPosted,
    CanaryView,
    DecisionView,
    EndorsementView,
    MovePosted,
    PromotePosted,
    RollbackPosted,
    SigningKeysView,
    SigningKeyView,
)
from libs.contracts.api.clusters import ClusterView
from libs.contracts.api.config_repo import ConfigAgents, ConfigFiles, ConfigPosted
from libs.contracts.api.examples import ExampleCounts, ExampleView
from libs.contracts.api.experiments import ExperimentView, LedgerEntry, LedgerView
from libs.contracts.api.feedback import FeedbackAccepted, FeedbackPosted
from libs.contracts.api.loop_reports import LoopReport
from libs.contracts.api.mining import MiningRunStarted, MiningRunView
from libs.contracts.api.page import Page, Problem
from libs.contracts.api.proposals import DecisionPosted, ProposalView
from libs.contracts.api.traces import (
    EvaluationView,
    FeedbackView,
    SpanView,
    TracesAsked,
    TraceSummary,
    TraceTree,
    TraceTrees,
)

__all__ = [
    "CanaryPosted",
    "CanaryView",
    "ChannelPointer",
    "ClusterView",
    "ConfigAgents",
    "ConfigFiles",
    "ConfigPosted",
    "DecisionPosted",
    "DecisionView",
    "EndorsementView",
    "EvaluationView",
    "ExampleCounts",
    "ExampleView",
    "ExperimentView",
    "FeedbackAccepted",
    "FeedbackPosted",
    "FeedbackView",
    "InstanceView",
    "LedgerEntry",
    "LedgerView",
    "LoopReport",
    "MiningRunStarted",
    "MiningRunView",
    "MovePosted",
    "Page",
    "Problem",
    "PromotePosted",
    "ProposalView",
    "RollbackPosted",
    "SigningKeyView",
    "SigningKeysView",
    "SpanView",
    "StatusReport",
    "TraceSummary",
    "TraceTree",
    "TraceTrees",
    "TracesAsked",
]
