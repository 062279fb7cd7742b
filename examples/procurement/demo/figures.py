"""Agreement with the reviewer, with its n and interval."""

from pydantic import BaseModel, ConfigDict

from libs.stats.intervals import wilson


class Rate(BaseModel):
    """`correct` of `n` decisions are the reviewer's."""

    model_config = ConfigDict(frozen=True)

    correct: int
    n: int

    @property
    def agreement(self) -> float | None:
        return round(self.correct / self.n, 4) if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % score interval (Wilson, 1927)."""
        found = wilson(self.correct, self.n)
        return round(found.low, 4), round(found.high, 4)

    def told(self) -> str:
        """`61.5 % (48-74) n=52`."""
        return f"{self.short()} n={self.n}" if self.n else self.short()

    def short(self) -> str:
        """`61.5 % (48-74)`, where n stands beside it."""
        if not self.n:
            return "no examples"
        low, high = self.interval
        return f"{100 * self.correct / self.n:.1f} % ({100 * low:.0f}-{100 * high:.0f})"
