"""Structured logs: one JSON object a line on stderr, or plain text on a terminal."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO, cast

import structlog

REPEAT_SECONDS = 10.0
REMEMBERED_MAX = 500


def configure_logging(level: str = "info", stream: TextIO = sys.stderr) -> None:
    """Set up structlog for the process. Call once, from an entry point."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(stream))),
    )
    _format_others(stream, [*shared, structlog.stdlib.add_logger_name], renderer)


@contextmanager
def logging_to(path: Path, level: str) -> Iterator[None]:
    """Logs go to the end of this file for a while, and then to where they went before."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, root_level = list(root.handlers), root.level
    with path.open("a", encoding="utf-8") as log:
        configure_logging(level, log)
        try:
            yield
        finally:
            structlog.configure(**before)
            root.handlers = handlers
            root.setLevel(root_level)


class _Unfailing:
    """A stream for logs: a full disk or a closed pipe costs lines, not the work they tell of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Written, if it can be."""
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flushed, if it can be."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def _format_others(
    stream: TextIO, shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> None:
    """What libraries log, from warnings on, in the same form."""
    handler = _Handler(stream)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[strip, structlog.processors.format_exc_info, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _Handler)]
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes what a client says of a dead server now and then, not at each of its attempts."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._written_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Not what was written a moment ago, word for word."""
        said = (record.name, record.getMessage())
        if record.created - self._written_at.get(said, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._written_at) >= REMEMBERED_MAX:
            self._written_at.clear()
        self._written_at[said] = record.created
        return True


def get_logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that carries the service's name."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(service=service)
    return logger
