"""The first look, on the lessons: it proves nothing, so it may refuse as often as it likes."""

from libs.contracts.events import PairedResult


def no_gain(lessons: PairedResult) -> tuple[str, ...]:
    """Why a candidate does not deserve a test; empty when it gains on what it was learned from."""
    if lessons.wins > lessons.losses:
        return ()
    return (
        f"no gain on the {lessons.n} lessons: {lessons.wins} wins against {lessons.losses} losses",
    )
