"""`pawl cluster up|down|status`: the platform as separate processes on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.process import NotAvailableError, free_port
from libs.contracts.routes import SERVICES
from libs.runtime.errors import StartupError
from pawl.cluster import processes
from pawl.cluster.layout import Layout, plan
from pawl.home import write_endpoints

app = typer.Typer(help="Separate services over Kafka, on this machine.", no_args_is_help=True)
DEFAULT_HOME = Path("var/cluster")
CACHE = Path("var/local")
Home = Annotated[Path, typer.Option(help="Where all data and logs live.")]


def _load(home: Path) -> Layout | None:
    return Layout.load(home) if (home / "cluster.json").exists() else None


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Console and API; 0 picks a free port.")] = 8080,
) -> None:
    """Start Kafka, PostgreSQL, Redis and every service; wait until all are ready."""
    layout = _load(home)
    if layout and processes.is_running(layout):
        typer.echo(f"a cluster runs in {home} already: `pawl cluster down` ends it", err=True)
        raise typer.Exit(2)
    home.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    layout = layout or plan(home, port, free_port)
    layout.save()
    try:
        start(layout)
    except (StartupError, NotAvailableError) as error:
        processes.stop_all(layout)
        typer.echo(f"cannot start: {error}", err=True)
        raise typer.Exit(2) from error
    show(layout)


def start(layout: Layout) -> None:
    """Servers, then services, then the gateway; returns when all are ready."""
    processes.start_servers(layout, CACHE)
    for name in SERVICES:
        processes.start_service(layout, name)
    processes.start_gateway(layout)
    processes.wait_ready(layout)
    write_endpoints(Path(layout.home), layout.endpoints)


def show(layout: Layout) -> None:
    """Say where things are."""
    for name, url in layout.endpoints.items():
        typer.echo(f"{name:14} {url}")
    for name, url in layout.urls.items():
        typer.echo(f"  {name:14} {url}  log {layout.home}/{name}/{name}.log")
    typer.echo(f"  {'kafka':14} 127.0.0.1:{layout.kafka_port}")
    typer.echo(f"  {'postgres':14} 127.0.0.1:{layout.postgres_port}")
    typer.echo(f"  {'redis':14} 127.0.0.1:{layout.redis_port}")


@app.command()
def down(home: Home = DEFAULT_HOME) -> None:
    """End every process of the cluster; its data stays."""
    layout = _load(home)
    if layout is None:
        typer.echo(f"no cluster in {home}")
        return
    killed = processes.stop_all(layout)
    typer.echo(f"stopped{': had to kill ' + ', '.join(killed) if killed else ''}")


@app.command()
def status(home: Home = DEFAULT_HOME) -> None:
    """Show where things are. Exit code 1 when nothing runs."""
    layout = _load(home)
    if layout is None or not processes.is_running(layout):
        typer.echo(f"no cluster runs in {home}", err=True)
        raise typer.Exit(1)
    show(layout)
