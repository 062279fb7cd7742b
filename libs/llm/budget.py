"""How much one piece of work may ask of a model."""

from libs.llm.errors import BudgetSpent


class Budget:
    """Counts calls and tokens; a call that begins within the budget may end a little over it."""

    def __init__(self, calls_max: int, tokens_max: int) -> None:
        self._calls_max, self._tokens_max = calls_max, tokens_max
        self.calls = 0
        self.tokens = 0

    def begin(self) -> None:
        """Take one call, or raise `BudgetSpent` that says which limit was reached."""
        if self.calls >= self._calls_max:
            raise BudgetSpent(f"{self.calls} calls made, {self._calls_max} allowed")
        if self.tokens >= self._tokens_max:
            raise BudgetSpent(f"{self.tokens} tokens used, {self._tokens_max} allowed")
        self.calls += 1

    def spend(self, tokens: int) -> None:
        self.tokens += tokens
