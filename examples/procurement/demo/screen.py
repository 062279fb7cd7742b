"""What the person sees while the demo runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from examples.procurement.demo.state import Cycle, Outcome


class Screen:
    """Progress bars on a terminal; plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, n: int, what: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar for one step of cycle `n`, below 0 of the final count.

        Call what it yields once for each part done.
        """
        columns = (
            TextColumn("  {task.description:<42}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        label = "fresh" if n < 0 else f"cycle {n}"
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(f"{label}: {what}", total=total)
            yield lambda: progress.advance(task)

    def measured(self, this: Cycle) -> None:
        """Agreement on the cycle's new requests."""
        told = this.agreement.told() if this.agreement else ""
        line = f"[bold]cycle {this.n}[/bold]  {told} before learning from these reviews"
        self.console.print(line, highlight=False)

    def decided(self, this: Cycle) -> None:
        """What became of the proposals of one cycle."""
        if not this.outcomes and not this.waiting:
            line = f"[bold]cycle {this.n}[/bold]  {escape(this.note) or 'nothing to propose'}"
            self.console.print(line, highlight=False, soft_wrap=True)
        for one in (*this.outcomes, *this.waiting):
            line = f"[bold]cycle {this.n}[/bold]  {stands(one)}: {escape(one.title)}"
            self.console.print(line, highlight=False, soft_wrap=True)


def stands(outcome: Outcome) -> str:
    """`proposal 1.1 approved on procedure evidence`; `proposal 2.1 waits for exact evidence`."""
    kind = outcome.evidence.kind if outcome.evidence else None
    if outcome.state == "waiting":
        return f"{outcome.name} waits for {kind or 'exact'} evidence"
    return f"{outcome.name} {outcome.state}" + (f" on {kind} evidence" if kind else "")
