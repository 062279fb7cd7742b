"""Structured logs: one JSON object a line on stderr, or plain text on a terminal."""

import logging
import sys
from typing import TextIO

import structlog


def configure_logging(level: str = "info", stream: TextIO = sys.stderr) -> None:
    """Set up structlog for the process. Call once, from an entry point."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )


def get_logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that carries the service's name."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(service=service)
    return logger
