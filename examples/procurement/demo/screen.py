"""What the person sees while the demo runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from examples.procurement.demo.state import Round


class Screen:
    """Progress bars on a terminal; plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, n: int, what: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar for one step of round `n`; call what it yields once for each part done."""
        columns = (
            TextColumn("  {task.description:<42}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        label = "baseline" if n == 0 else "fresh" if n < 0 else f"cycle {n}"
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(f"{label}: {what}", total=total)
            yield lambda: progress.advance(task)

    def measured(self, this: Round) -> None:
        """Agreement of one round on the three splits."""
        label = "baseline" if this.n == 0 else f"after cycle {this.n}"
        told = ", ".join(f"{name} {rate.told()}" for name, rate in this.splits.items())
        self.console.print(f"[bold]{label}[/bold]  {told}", highlight=False)

    def decided(self, n: int, this: Round) -> None:
        """What became of the proposals of one cycle."""
        if not this.outcomes:
            line = f"[bold]cycle {n}[/bold]  {escape(this.note) or 'nothing to propose'}"
            self.console.print(line, highlight=False, soft_wrap=True)
        for one in this.outcomes:
            line = f"[bold]cycle {n}[/bold]  {one.state}: {escape(one.title)}"
            self.console.print(line, highlight=False, soft_wrap=True)
