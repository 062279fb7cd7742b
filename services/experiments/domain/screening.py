"""The first look, on mine and select: it costs no alpha, so it may refuse as often as it likes."""

from libs.contracts.events import PairedResult


def net(result: PairedResult) -> int:
    return result.wins - result.losses


def no_gain(mine: PairedResult, select: PairedResult) -> tuple[str, ...]:
    """Why the proposal as a whole is not worth taking apart; empty when it gains something."""
    if net(mine) + net(select) > 0:
        return ()
    return (
        f"mine and select: no gain, {mine.wins + select.wins} wins against "
        f"{mine.losses + select.losses} losses on {mine.n + select.n} examples",
    )


def screen(mine: PairedResult, select: PairedResult) -> tuple[str, ...]:
    """Why the minimal diff does not deserve a sealed test; empty when it does."""
    reasons = no_gain(mine, select)
    if select.n and net(select) < 0:
        reasons += (
            f"select: {select.wins} wins against {select.losses} losses on {select.n} examples "
            "that the miner had not read",
        )
    return reasons
