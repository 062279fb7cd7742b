"""Typed clients of the platform's own APIs, with one mapping of what may go wrong.

What is not there is None (or an empty list). Everything else that is no answer is raised as a
`TransientError`, since another try may help: `is_outage` tells whether the service is away,
`Denied` that it answered and will not, `UnreadableAnswer` that what it said is in no contract.
"""

from libs.clients.asking import Asking, Denied, UnreadableAnswer
from libs.clients.clusters import ClustersClient
from libs.clients.datasets import DatasetsClient
from libs.clients.experiments import ExperimentsClient
from libs.clients.review_gate import ReviewGateClient
from libs.clients.runtime_config import RuntimeConfigClient
from libs.clients.traces import TracesClient

__all__ = [
    "Asking",
    "ClustersClient",
    "DatasetsClient",
    "Denied",
    "ExperimentsClient",
    "ReviewGateClient",
    "RuntimeConfigClient",
    "TracesClient",
    "UnreadableAnswer",
]
