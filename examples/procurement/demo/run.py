"""The command behind `pawl demo`."""

import asyncio
from contextlib import suppress

from rich.console import Console

from examples.procurement.data import DataError
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.options import DemoOptions
from examples.procurement.demo.play import play
from libs.runtime.errors import StartupError
from libs.runtime.logs import configure_logging
from libs.runtime.serve import on_signals

CANNOT_START = 2
FAILED = 1
STOPPED = 130


def run_demo(options: DemoOptions, console: Console | None = None) -> int:
    """Play the demo; the exit code is 0, 1 (failed), 2 (cannot start) or 130 (stopped)."""
    shown = console or Console()
    configure_logging("warning")
    try:
        return asyncio.run(_until_stopped(options, shown))
    except (DataError, StartupError) as error:
        Console(stderr=True).print(f"cannot start: {error}", highlight=False, markup=False)
        return CANNOT_START
    except DemoError as error:
        Console(stderr=True).print(f"demo failed: {error}", highlight=False, markup=False)
        return FAILED


async def _until_stopped(options: DemoOptions, console: Console) -> int:
    """Ctrl-C while it serves is its regular end; earlier it stops the demo, which can go on."""
    stop = asyncio.Event()
    on_signals(stop)
    playing = asyncio.create_task(play(options, console, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set() and not playing.done():
        await asyncio.sleep(0.2)  # a demo that serves ends by itself
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
            return 0
        return STOPPED
    await playing
    return 0
