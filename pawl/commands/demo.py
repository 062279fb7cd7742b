"""`pawl demo`: the whole improvement loop on the procurement example."""

from pathlib import Path
from typing import Annotated

import typer

from pawl.commands.cluster import DEFAULT_HOME as CLUSTER_HOME
from pawl.commands.up import DEFAULT_HOME


def demo(
    home: Annotated[
        Path | None, typer.Option(envvar="PAWL_HOME", help="Where all data lives.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Somebody else's case: a folder.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be used.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the generated case.")] = 7,
    cycles: Annotated[
        int, typer.Option(min=1, max=10, help="Of learning, before the final count.")
    ] = 4,
    flip_share: Annotated[
        float | None, typer.Option(help="Share of reviews that are flipped; default 0.03.")
    ] = None,
    exit_after: Annotated[bool, typer.Option("--exit", help="End after the table.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the result as JSON.")] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Against a platform that `make cluster` started.")
    ] = False,
    port: Annotated[int, typer.Option(help="Console and API; 0 picks a free port.")] = 8080,
    otlp_http_port: Annotated[int, typer.Option(help="OTLP over HTTP.")] = 4318,
    otlp_grpc_port: Annotated[int, typer.Option(help="OTLP over gRPC.")] = 4317,
    log_level: Annotated[
        str, typer.Option(envvar="PAWL_LOG_LEVEL", help="Of HOME/demo/platform.log.")
    ] = "warning",
) -> None:
    """See an agent get measurably better, with proof. Goes on where it was stopped."""
    # The example needs libraries that the platform does not.
    from examples.procurement.demo import DemoOptions, run_demo

    options = DemoOptions(
        home=home or (CLUSTER_HOME if cluster else DEFAULT_HOME),
        data_dir=data,
        strict=strict,
        seed=seed,
        cycles=cycles,
        flip_share=flip_share,
        exit_after=exit_after,
        report=report,
        cluster=cluster,
        api_port=port,
        otlp_http_port=otlp_http_port,
        otlp_grpc_port=otlp_grpc_port,
        log_level=log_level,
    )
    raise typer.Exit(run_demo(options))
