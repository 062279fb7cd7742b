"""The platform's commands, added to the SDK's `pawl` command line."""

import typer

from pawl.commands import cluster, contracts, demo, dlq, keys, migrate, topics, try_, up


def register(app: typer.Typer) -> None:
    """Called by `pawl_sdk.cli` through the entry point group `pawl.commands`."""
    app.command("up")(up.up)
    app.command("demo")(demo.demo)
    app.command("try", epilog=try_.EPILOG)(try_.try_file)
    app.command("migrate")(migrate.migrate)
    app.add_typer(topics.app, name="topics")
    app.add_typer(dlq.app, name="dlq")
    app.add_typer(keys.app, name="keys")
    app.add_typer(cluster.app, name="cluster")
    app.add_typer(contracts.app, name="contracts")
