"""What commands say when Kafka does not answer."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def reaching(bootstrap: str) -> Iterator[None]:
    """A broker that is away is one line and exit code 2, not a traceback."""
    from kafka.errors import KafkaError  # an embedded home needs no broker client

    for name in ("kafka", "aiokafka"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    except (KafkaError, OSError) as error:
        typer.echo(f"Kafka does not answer at {bootstrap} (--bootstrap): {error}", err=True)
        raise typer.Exit(2) from error
