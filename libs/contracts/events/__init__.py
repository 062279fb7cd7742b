"""Every event, one file a noun."""

from libs.contracts.events.agents import AgentState, AgentStatusReported
from libs.contracts.events.clusters import ClusterUpdated, Condition
from libs.contracts.events.config import Canary, ConfigChannelMoved, ConfigReleased
from libs.contracts.events.evaluations import EvaluationRecorded, Quote, Target
from libs.contracts.events.examples import ExampleRecorded
from libs.contracts.events.experiments import (
    CostResult,
    EvidenceKind,
    EvidenceResult,
    ExperimentFinished,
    Flip,
    GuardrailResult,
    HunkResult,
    LiveTestFinished,
    PairedResult,
    Verdict,
)
from libs.contracts.events.feedback import FeedbackKind, FeedbackRecorded
from libs.contracts.events.proposals import (
    Decision,
    HunkEvidence,
    ProposalDecided,
    ProposalDrafted,
)
from libs.contracts.events.traces import TraceCompleted

__all__ = [
    "AgentState",
    "AgentStatusReported",
    "Canary",
    "ClusterUpdated",
    "Condition",
    "ConfigChannelMoved",
    "ConfigReleased",
    "CostResult",
    "Decision",
    "EvaluationRecorded",
    "EvidenceKind",
    "EvidenceResult",
    "ExampleRecorded",
    "ExperimentFinished",
    "FeedbackKind",
    "FeedbackRecorded",
    "Flip",
    "GuardrailResult",
    "HunkEvidence",
    "HunkResult",
    "LiveTestFinished",
    "PairedResult",
    "ProposalDecided",
    "ProposalDrafted",
    "Quote",
    "Target",
    "TraceCompleted",
    "Verdict",
]
