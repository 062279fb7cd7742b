"""Which reasoner this process runs on."""

import os

from examples.procurement.agent.deterministic import DeterministicReasoner
from examples.procurement.agent.reasoner import Reasoner


def claude_is_configured() -> bool:
    """Whether this process has been given a model to talk to."""
    return bool(os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("ANTHROPIC_BASE_URL"))


def choose_reasoner() -> Reasoner:
    """Claude when it can be reached, else the deterministic one."""
    if not claude_is_configured():
        return DeterministicReasoner()
    from examples.procurement.agent.claude import ClaudeReasoner  # more than a second to import

    return ClaudeReasoner()
