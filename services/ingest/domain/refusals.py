"""What of a request was not kept, and why: becomes OTLP's `partial_success`."""

from dataclasses import dataclass, field

REASONS_MAX = 8


@dataclass
class Refusals:
    """Counts refused items by reason."""

    reasons: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    notes: list[str] = field(default_factory=list)
    """Warnings about items that were kept."""
    denied: int = 0
    """Those among the refused that the key does not allow."""

    def refuse(self, reason: str, count: int = 1) -> None:
        """Note items that are not kept."""
        if len(self.reasons) >= REASONS_MAX and reason not in self.reasons:
            reason = "other reasons"
        self.reasons[reason] = self.reasons.get(reason, 0) + count

    def deny(self, reason: str, count: int) -> None:
        """Note items that this key may not send."""
        self.denied += count
        self.refuse(reason, count)

    @property
    def refused(self) -> int:
        return sum(self.reasons.values())

    @property
    def all_denied(self) -> bool:
        """Nothing was kept, and the key was the only reason."""
        return self.denied > 0 and self.kept == 0 and self.denied == self.refused

    def text(self) -> str:
        """One line for a person: each reason with its count."""
        counted = [f"{count} refused: {reason}" for reason, count in self.reasons.items()]
        return "; ".join(counted + self.notes)
