"""The first look, on mine and select: it costs no alpha, so it may refuse as often as it likes."""

from libs.contracts.events import PairedResult


def net(result: PairedResult) -> int:
    return result.wins - result.losses


def screen(mine: PairedResult, select: PairedResult) -> tuple[str, ...]:
    """Why the candidate does not deserve a sealed test; empty when it does."""
    reasons = []
    if select.n and net(select) < 0:
        reasons.append(
            f"select: {select.wins} wins against {select.losses} losses on {select.n} examples "
            "that the miner had not read"
        )
    gain = net(mine) + net(select)
    if gain <= 0:
        reasons.append(
            f"mine and select: no gain, {mine.wins + select.wins} wins against "
            f"{mine.losses + select.losses} losses on {mine.n + select.n} examples"
        )
    return tuple(reasons)
