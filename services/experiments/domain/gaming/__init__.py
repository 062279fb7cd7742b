"""Does a change learn something, or does it game its test? Checks without any replay.

What is refused is refused for a reason in words; what is not refused still has to prove itself.
"""

from services.experiments.domain.gaming.lesson import (
    Flag,
    Lesson,
    refused,
    refused_outright,
)
from services.experiments.domain.gaming.review import review_edits

__all__ = ["Flag", "Lesson", "refused", "refused_outright", "review_edits"]
