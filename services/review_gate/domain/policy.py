"""Who may decide, which evidence is enough, how long it counts, how many requests stand open."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from libs.contracts.api.proposals import Risk
from libs.contracts.evidence import EvidencePolicy
from services.review_gate.domain.errors import NotAllowedError


@dataclass(frozen=True)
class Policy:
    """Empty `reviewers`: everybody but the bot; empty `reviewers_high_risk`: the same list."""

    bot: str = "pawl-bot"
    reviewers: frozenset[str] = frozenset()
    reviewers_high_risk: frozenset[str] = frozenset()
    open_per_agent_max: int = 1
    evidence_days: float = 14.0
    evidence: EvidencePolicy = field(default_factory=EvidencePolicy)

    def expires_at(self, finished_at: datetime) -> datetime:
        """When the evidence of an experiment stops to count."""
        return finished_at + timedelta(days=self.evidence_days)

    def is_bot(self, name: str) -> bool:
        """Whether the gate itself goes by this name."""
        return name.casefold() == self.bot.casefold()

    def may_decide(self, reviewer: str, risk: Risk | None) -> bool:
        """Whether this person may decide a proposal of this risk. The bot never may."""
        if self.is_bot(reviewer):
            return False
        allowed = self.reviewers_high_risk if risk == "high" else frozenset()
        allowed = allowed or self.reviewers
        return not allowed or reviewer in allowed

    def check(self, reviewer: str, risk: Risk | None) -> None:
        """Raise `NotAllowedError` that says who may."""
        if self.is_bot(reviewer):
            raise NotAllowedError(
                f"{reviewer!r} is the bot, which never decides: a person must, under their own name"
            )
        if not self.may_decide(reviewer, risk):
            allowed = (risk == "high" and self.reviewers_high_risk) or self.reviewers
            raise NotAllowedError(
                f"{reviewer!r} may not decide what is of {risk or 'low'} risk; "
                f"allowed are {', '.join(sorted(allowed))} (PAWL_REVIEW_GATE_REVIEWERS)"
            )
