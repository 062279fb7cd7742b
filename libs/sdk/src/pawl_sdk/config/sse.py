"""Server-sent events (WHATWG HTML, 9.2), the part that a pointer stream needs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    name: str
    data: str


def events(lines: Iterable[str], heard: Callable[[], None]) -> Iterator[Event]:
    """Whole events; `heard` is called for each line, comments (heartbeats) among them."""
    name, data = "message", list[str]()
    for line in lines:
        heard()
        if not line:
            if data:
                yield Event(name, "\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        if field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))
