"""Dead letters: what was set aside and why, replayed or dropped one by one.

A letter is never deleted: replaying or dropping appends a resolution to the same topic, so that
the topic stays the record of what was set aside and what was done about it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from libs.contracts.topics import Topic
from libs.eventlog.port import Message, Record

RESOLVES = "pawl-resolves"
ACTION = "pawl-action"
WHY = "pawl-why"
Action = Literal["replay", "drop"]
_OWN = ("pawl-origin-", "pawl-group", "pawl-reason", "pawl-failed-at")


class LetterBox(Protocol):
    """Reads a whole dead-letter topic, and writes; one adapter a log."""

    def read(self, topic: str) -> Sequence[Record]: ...

    def publish(self, messages: Sequence[Message]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Letter:
    """One message that could not be handled."""

    letter_id: str
    """`<dead-letter topic>:<partition>:<offset>`"""
    origin: str
    """`<topic>:<partition>:<offset>` of the message as it first came."""
    group: str
    reason: str
    failed_at: str
    record: Record

    @property
    def about(self) -> tuple[str, str]:
        """Which message, set aside by whom; a letter that does not say stands for itself."""
        return (self.letter_id if "?" in self.origin else self.origin, self.group)


def open_letters(box: LetterBox, topics: Sequence[Topic]) -> list[Letter]:
    """Letters that were neither replayed nor dropped, oldest first; one for a message and group.

    A service that was stopped before it could commit writes its letters again.
    """
    letters: list[Letter] = []
    for topic in topics:
        letters += _open_among(box.read(topic.dead_letter_name))
    return sorted(letters, key=lambda letter: letter.failed_at)


def _open_among(records: Sequence[Record]) -> list[Letter]:
    resolved = {record.headers.get(RESOLVES) for record in records}
    letters = [_letter(record) for record in records if RESOLVES not in record.headers]
    done = {letter.about for letter in letters if letter.letter_id in resolved}
    first: dict[tuple[str, str], Letter] = {}
    for letter in letters:
        if letter.about not in done:
            first.setdefault(letter.about, letter)
    return list(first.values())


def _letter(record: Record) -> Letter:
    headers = record.headers
    origin = ":".join(
        headers.get(f"pawl-origin-{k}", "?") for k in ("topic", "partition", "offset")
    )
    return Letter(
        letter_id=f"{record.topic}:{record.partition}:{record.offset}",
        origin=origin,
        group=headers.get("pawl-group", "?"),
        reason=headers.get("pawl-reason", "?"),
        failed_at=headers.get("pawl-failed-at", ""),
        record=record,
    )


def resolve(
    box: LetterBox,
    letters: Sequence[Letter],
    action: Action,
    why: str,
    now: Callable[[], datetime],
) -> None:
    """Send back to the origin topic (replay) or not (drop); then say that it is done.

    A crash in between replays again, never loses: consumers are idempotent.
    """
    for letter in letters:
        if action == "replay":
            box.publish([_as_it_came(letter)])
        headers = {RESOLVES: letter.letter_id, ACTION: action, WHY: why, "at": now().isoformat()}
        box.publish([Message(letter.record.topic, letter.record.key, b"", headers)])


def _as_it_came(letter: Letter) -> Message:
    record = letter.record
    headers = {k: v for k, v in record.headers.items() if not k.startswith(_OWN)}
    topic = record.headers.get("pawl-origin-topic", record.topic.removesuffix(".dead-letter"))
    return Message(topic, record.key, record.value, headers)
