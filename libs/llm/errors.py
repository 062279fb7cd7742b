"""Why there is no answer from a model."""


class LlmError(Exception):
    """The model could not be asked, or did not give an answer of the type wanted."""


class BudgetSpent(LlmError):
    """No further call: what has been asked is what there is."""


class ReplyMissing(LlmError):
    """This was never asked while replies were recorded."""
