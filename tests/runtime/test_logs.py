"""Every line of a service's log is one JSON object, whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from libs.runtime.logs import configure_logging, get_logger, logging_to


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


def test_a_full_disk_costs_lines_and_nothing_else(stream: io.StringIO) -> None:
    logger = get_logger("traces")
    full = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 (closing it fails)
    configure_logging("info", full)
    logger.error("no space for this")
    with suppress(OSError):
        full.close()
    logger.error("nor into a stream that is closed")
    configure_logging("info", stream)
    logger.info("goes on")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["goes on"]


def test_a_file_takes_the_logs_for_a_while(stream: io.StringIO, tmp_path: Path) -> None:
    with logging_to(tmp_path / "demo.log", "info"):
        get_logger("traces").info("within")
        logging.getLogger("some.client").error("refused")
    get_logger("traces").info("after")
    logging.getLogger("some.client").error("again")
    within = (tmp_path / "demo.log").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in within] == ["within", "refused"]
    after = stream.getvalue().splitlines()
    assert [json.loads(line)["event"] for line in after] == ["after", "again"]
