"""CloudEvents binary mode plus W3C trace context, in the headers of every message."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL, Topic
from libs.eventlog import Message, Record
from libs.runtime.errors import PermanentError
from libs.runtime.tracing import PARENT, current_cause


def to_messages(
    events: Sequence[Event], source: str, now: datetime, causes: Sequence[str] | None = None
) -> list[Message]:
    """Each with its own cause, or all with what runs now."""
    own = [current_cause()] * len(events) if causes is None else causes
    return [to_message(event, source, now, cause) for event, cause in zip(events, own, strict=True)]


def to_message(event: Event, source: str, now: datetime, cause: str = "") -> Message:
    """Wrap an event for its topic; its handlers continue the trace of the cause, if it has one."""
    topic = BY_MODEL[type(event)]
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.natural_id(),
        "ce_type": f"pawl.{topic.name}",
        "ce_source": f"/pawl/{source}",
        "ce_time": now.isoformat(),
        "content-type": "application/json",
    }
    if cause:
        headers[PARENT] = cause
    return Message(
        topic=topic.name,
        key=event.partition_key().encode(),
        value=event.model_dump_json().encode(),
        headers=headers,
    )


def to_event(record: Record, topic: Topic) -> Event:
    """Parse a record, or raise `PermanentError` that says what is wrong with it."""
    if topic.model is None:
        raise PermanentError(f"{topic.name} carries no event: subscribe to its records")
    try:
        return topic.model.model_validate_json(record.value)
    except ValidationError as error:
        raise PermanentError(f"not a {topic.model.__name__}: {error}") from error
