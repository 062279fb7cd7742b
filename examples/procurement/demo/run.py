"""The command behind `pawl demo`."""

import asyncio
from contextlib import suppress

import httpx
from rich.console import Console

from examples.procurement.data import DataError
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.options import DemoOptions
from examples.procurement.demo.play import play
from examples.procurement.demo.stopping import Stopping
from libs.runtime.errors import StartupError, TransientError
from libs.runtime.logs import logging_to
from libs.runtime.serve import on_signals

CANNOT_START = 2
FAILED = 1
STOPPED = 130


def run_demo(options: DemoOptions, console: Console | None = None) -> int:
    """Play the demo; the exit code is 0, 1 (failed), 2 (cannot start) or 130 (stopped)."""
    shown, errors = console or Console(), Console(stderr=True)
    options.demo_home.mkdir(parents=True, exist_ok=True)
    with logging_to(options.demo_home / "platform.log", options.log_level):
        try:
            return asyncio.run(_until_stopped(options, shown))
        except (DataError, StartupError) as error:
            errors.print(f"cannot start: {error}", highlight=False, markup=False)
            return CANNOT_START
        except (DemoError, TransientError, httpx.HTTPError) as error:
            told = str(error) or repr(error)
            errors.print(f"demo failed: {told}\nlogs: {options.demo_home}", markup=False)
            return FAILED


async def _until_stopped(options: DemoOptions, console: Console) -> int:
    """Ctrl-C while it serves is its regular end; earlier it stops the demo, which can go on."""
    stopping = Stopping()
    on_signals(stopping.asked)
    playing = asyncio.create_task(play(options, console, stopping))
    asked = asyncio.create_task(stopping.asked.wait())
    await asyncio.wait({playing, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if playing.done() or stopping.serving:
        await playing
        return 0
    playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    console.print("Stopped. The same command goes on from here.")
    return STOPPED
