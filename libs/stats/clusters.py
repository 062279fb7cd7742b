"""Near-copies in a sample: by how much do they overstate what is known?"""

from collections.abc import Sequence


def design_effect(groups: Sequence[Sequence[float]]) -> float:
    """Variance of the mean over groups, divided by what independent examples would have; >= 1.

    Dividing counts by it gives the sample that was worth as much (Rao and Scott, Biometrics
    48:577, 1992). 1 when every group has one example. When nothing varies there is nothing to
    measure it by, and near-copies count as exact copies.
    """
    n = sum(len(group) for group in groups)
    if n in (0, len(groups)):
        return 1.0
    mean = sum(sum(group) for group in groups) / n
    spread = sum((value - mean) ** 2 for group in groups for value in group)
    if spread == 0 or len(groups) < 2:
        return n / len(groups)
    between = sum((sum(group) - len(group) * mean) ** 2 for group in groups)
    return max(1.0, between * len(groups) / (len(groups) - 1) / spread)
