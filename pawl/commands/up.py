"""`pawl up`: the embedded platform until SIGTERM."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from libs.runtime.errors import StartupError
from libs.runtime.logs import configure_logging
from libs.runtime.memory import tend_memory
from libs.runtime.serve import on_signals
from libs.runtime.tracing import configure_tracing
from pawl.embedded import Platform, Ports

DEFAULT_HOME = Path("var/pawl")


def up(
    home: Annotated[Path, typer.Option(envvar="PAWL_HOME", help="Where all data lives.")] = (
        DEFAULT_HOME
    ),
    host: Annotated[str, typer.Option(help="Beyond loopback PAWL_KEYS_FILE is needed.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Console and API; 0 picks a free port.")] = 8080,
    otlp_http_port: Annotated[int, typer.Option(help="OTLP over HTTP.")] = 4318,
    otlp_grpc_port: Annotated[int, typer.Option(help="OTLP over gRPC.")] = 4317,
    log_level: Annotated[str, typer.Option(envvar="PAWL_LOG_LEVEL")] = "warning",
) -> None:
    """Run the whole platform in this process."""
    configure_logging(log_level)
    try:
        asyncio.run(_serve(home, host, Ports(port, otlp_http_port, otlp_grpc_port)))
    except StartupError as error:
        typer.echo(f"cannot start: {error}", err=True)
        raise typer.Exit(2) from error


async def _serve(home: Path, host: str, ports: Ports) -> None:
    stop = asyncio.Event()
    on_signals(stop)
    async with Platform(home, ports, host) as platform:
        typer.echo(f"console and API  {platform.endpoints['api']}")
        typer.echo(f"OTLP over HTTP   {platform.endpoints['otlp_http']}")
        typer.echo(f"OTLP over gRPC   {platform.endpoints['otlp_grpc']}")
        typer.echo(f"data             {home}    (stop with Ctrl-C)")
        configure_tracing(platform.settings, "pawl")
        tend_memory()
        await stop.wait()
