"""Claude, with a budget, retries, typed answers and recorded replies.

Used only where `ANTHROPIC_API_KEY` or `ANTHROPIC_BASE_URL` is set; everything else works without.
"""

from libs.llm.budget import Budget
from libs.llm.client import Answer, Claude
from libs.llm.errors import BudgetSpent, LlmError, ReplyMissing
from libs.llm.quoting import quoted
from libs.llm.recording import Recording
from libs.llm.settings import LlmSettings, is_configured

__all__ = [
    "Answer",
    "Budget",
    "BudgetSpent",
    "Claude",
    "LlmError",
    "LlmSettings",
    "Recording",
    "ReplyMissing",
    "is_configured",
    "quoted",
]
