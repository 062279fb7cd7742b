"""What the person sees at the end."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from examples.procurement.demo.figures import Rate
from examples.procurement.demo.report import SPLITS, names_of, told
from examples.procurement.demo.state import DemoState, Outcome

QUOTES_SHOWN = 1


def print_result(console: Console, state: DemoState, api_url: str) -> None:
    """Agreement, rules learned, proposals refused, where to look."""
    console.print(_agreement(state))
    console.print("\n[bold]Rules learned[/bold]", highlight=False)
    for line in _learned(state) or ["  none: nothing has proven itself"]:
        console.print(line, highlight=False, soft_wrap=True)
    console.print("\n[bold]Proposals[/bold]", highlight=False)
    for line in _proposals(state, api_url):
        console.print(line, highlight=False, soft_wrap=True)
    seconds = f"{state.seconds:.0f}"
    console.print(f"\n{seconds} s. The curve, traces and releases: {api_url}/", highlight=False)


def _agreement(state: DemoState) -> Table:
    table = Table(title="Agreement with the reviewer, 95 % interval", title_justify="left")
    table.add_column("")
    for name in (*SPLITS, "fresh requests"):
        table.add_column(name, justify="right")
    last = state.rounds[-1].n
    for one in state.rounds:
        fresh = {0: state.fresh_baseline, last: state.fresh_final}.get(one.n)
        label = "baseline" if one.n == 0 else f"cycle {one.n}"
        table.add_row(label, *(_cell(one.splits.get(name)) for name in SPLITS), _cell(fresh))
    return table


def _cell(rate: Rate | None) -> str:
    return rate.told() if rate is not None else ""


def _learned(state: DemoState) -> list[str]:
    lines = []
    for before in state.rounds:
        for outcome in before.outcomes:
            if outcome.state == "approved":
                lines += list(_rules(before.n + 1, outcome))
    return lines


def _rules(cycle: int, outcome: Outcome) -> Iterator[str]:
    for edit in outcome.learned:
        cases = "1 case" if edit.support == 1 else f"{edit.support} cases"
        figures = f"{cases}, {edit.wins} put right, {edit.losses} made wrong"
        yield f"  cycle {cycle}: {escape(edit.plain)}  [dim]({figures})[/dim]"
        for quote in edit.quotes[:QUOTES_SHOWN]:
            yield f'           [dim]she wrote: "{escape(quote)}"[/dim]'


def _proposals(state: DemoState, api_url: str) -> Iterator[str]:
    names = names_of(state)
    for before in state.rounds[:-1]:
        if not before.outcomes:
            yield f"  cycle {before.n + 1}: {escape(before.note) or 'none drafted'}"
        for outcome in before.outcomes:
            name = names[outcome.proposal_id]
            yield f"  {name} [bold]{outcome.state}[/bold]  {escape(outcome.title)}"
            yield f"           {_proof(outcome, names)}"
            yield f"           [dim]{api_url}/proposals/{outcome.proposal_id}[/dim]"


def _proof(outcome: Outcome, names: Mapping[str, str]) -> str:
    why = "; ".join(told(outcome.reasons, names))
    if outcome.sealed_gain is None or outcome.p_value is None or outcome.level is None:
        return escape(why or "no verdict")
    test = f"p={outcome.p_value:.2g} at level {outcome.level:.4g}"
    gain = f"{100 * outcome.sealed_gain:+.1f} points on {outcome.sealed_n} sealed examples, {test}"
    return gain + (f": {escape(why)}" if why and outcome.state != "approved" else "")
