"""What the person sees at the end."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from examples.procurement.demo.figures import Rate
from examples.procurement.demo.report import names_of, told
from examples.procurement.demo.screen import stands
from examples.procurement.demo.state import Cycle, DemoState, Outcome
from libs.proof import words as proof

QUOTES_SHOWN = 1


def print_result(console: Console, state: DemoState, api_url: str) -> None:
    """Each cycle, the fresh count beside learners of the shelf, rules, proposals, where to look."""
    console.print(_cycles(state))
    console.print(_fresh(state))
    console.print("\n[bold]Rules learned[/bold]", highlight=False)
    for line in _learned(state) or ["  none: nothing has proven itself"]:
        console.print(line, highlight=False, soft_wrap=True)
    console.print("\n[bold]Proposals[/bold]", highlight=False)
    for line in _proposals(state, api_url):
        console.print(line, highlight=False, soft_wrap=True)
    if state.skipped_rows:
        count = len(state.skipped_rows)
        console.print(f"\n[bold]Skipped[/bold] {count} rows that cannot be used", highlight=False)
        for one in state.skipped_rows:
            console.print(f"  {escape(one.told())}", highlight=False, soft_wrap=True)
    seconds = f"{state.seconds:.0f}"
    console.print(f"\n{seconds} s. The curve, traces and releases: {api_url}/", highlight=False)


def _cycles(state: DemoState) -> Table:
    table = Table(
        title="New requests, each scored before it is learned from; 95 % interval",
        title_justify="left",
    )
    table.add_column("cycle", justify="right")
    table.add_column("requests", justify="right")
    table.add_column("reviews so far", justify="right")
    table.add_column("agreement", justify="right")
    table.add_column("then promoted")
    for one in state.cycles:
        count = str(one.agreement.n) if one.agreement else ""
        row = (str(one.n), count, str(one.reviews), _cell(one.agreement), _promoted(one))
        table.add_row(*row)
    return table


def _promoted(cycle: Cycle) -> str:
    told = [
        f"{one.name}: {one.evidence.kind} evidence" if one.evidence else one.name
        for one in cycle.accepted
    ]
    return "\n".join([*told, *(f"[dim]{stands(one)}[/dim]" for one in cycle.waiting)])


def _fresh(state: DemoState) -> Table:
    """Rivals see the same reviews; what they learn is neither proved nor served."""
    total = state.fresh_final.n if state.fresh_final else 0
    table = Table(
        title=f"{total:,} fresh requests, agreement with 95 % interval", title_justify="left"
    )
    for name in ("reviews", "Pawl", "decision tree", "boosting"):
        table.add_column(name, justify="right")
    table.add_row("0", _cell(state.fresh_baseline), "", "")
    after, final = state.rivals_after_first, state.rivals_final
    rows = [(state.fresh_after_first, after)]
    if after and final and final.reviews > after.reviews:
        rows.append((state.fresh_final, final))
    for rate, rivals in rows:
        if rivals is not None:
            cells = (_cell(rivals.tree), _cell(rivals.boosting))
            table.add_row(str(rivals.reviews), _cell(rate), *cells)
    return table


def _cell(rate: Rate | None) -> str:
    return rate.short() if rate is not None else ""


def _learned(state: DemoState) -> list[str]:
    return [
        line for cycle in state.cycles for one in cycle.accepted for line in _rules(cycle.n, one)
    ]


def _rules(cycle: int, outcome: Outcome) -> Iterator[str]:
    for edit in outcome.learned:
        cases = "1 case" if edit.support == 1 else f"{edit.support} cases"
        figures = f"{cases}, {edit.wins} put right, {edit.losses} made wrong"
        yield f"  cycle {cycle}: {escape(edit.plain)}  [dim]({figures})[/dim]"
        for quote in edit.quotes[:QUOTES_SHOWN]:
            yield f'           [dim]she wrote: "{escape(quote)}"[/dim]'


def _proposals(state: DemoState, api_url: str) -> Iterator[str]:
    names = names_of(state)
    for cycle in state.cycles:
        last = cycle is state.cycles[-1]
        shown = [*cycle.outcomes, *(cycle.waiting if last else ())]
        if not shown and not cycle.waiting:
            yield f"  cycle {cycle.n}: {escape(cycle.note) or 'none drafted'}"
        for outcome in shown:
            yield f"  cycle {cycle.n}: [bold]{stands(outcome)}[/bold]  {escape(outcome.title)}"
            for line in _proof(outcome, names):
                yield f"           {line}"
            yield f"           [dim]{api_url}/proposals/{outcome.proposal_id}[/dim]"


def _proof(outcome: Outcome, names: Mapping[str, str]) -> Iterator[str]:
    evidence, why = outcome.evidence, "; ".join(told(outcome.reasons, names))
    if evidence is None:
        yield escape(why) or "no review has judged it yet"
        return
    yield f"{proof.gained(evidence)}: {proof.subject(evidence)}"
    yield f"{proof.before_after(evidence)}; {proof.against_bar(evidence)}"
    if why and outcome.state not in ("approved", "waiting"):
        yield escape(why)
