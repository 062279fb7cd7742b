"""Every line of a service's log is one JSON object, whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from libs.runtime.logs import configure_logging, get_logger


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    configure_logging("info", written)
    yield written
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def test_what_libraries_log_has_the_same_form(stream: io.StringIO) -> None:
    configure_logging("info", stream)  # again: no line may come twice
    get_logger("traces").info("ready", port=1)
    logging.getLogger("some.library").info("chatter")
    for _ in range(3):
        logging.getLogger("some.client").error("connection refused by %s", "broker-1")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("some.library").exception("no answer from %s", "broker-1")
    mine, repeated, theirs = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (mine["event"], mine["service"], mine["port"]) == ("ready", "traces", 1)
    assert (theirs["event"], theirs["logger"]) == ("no answer from broker-1", "some.library")
    assert repeated["event"] == "connection refused by broker-1"
    assert theirs["level"] == "error"
    assert "ValueError: why" in theirs["exception"]
    assert mine["timestamp"] <= theirs["timestamp"]
