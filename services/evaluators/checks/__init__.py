"""One file per evaluator; docs/adding/evaluator.md says how to add one."""

from services.evaluators.checks.answer_format import AnswerFormat
from services.evaluators.checks.budgets import LatencyBudget, TokenBudget
from services.evaluators.checks.empty_output import EmptyOutput
from services.evaluators.checks.repeated_tool_call import RepeatedToolCall
from services.evaluators.checks.tool_error import ToolError
from services.evaluators.checks.truncated_output import TruncatedOutput

__all__ = [
    "AnswerFormat",
    "EmptyOutput",
    "LatencyBudget",
    "RepeatedToolCall",
    "TokenBudget",
    "ToolError",
    "TruncatedOutput",
]
