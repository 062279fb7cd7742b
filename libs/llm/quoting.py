"""Text from traces enters a prompt only as quoted data."""

import json

TEXT_CHARS_MAX = 600


def quoted(name: str, value: object, chars_max: int = TEXT_CHARS_MAX) -> str:
    """A block `<data name="...">JSON</data>`.

    JSON escapes quotes and line breaks, and every angle bracket is escaped too: whatever the value
    says, it can neither close its block nor open another.
    """
    text = json.dumps(_shortened(value, chars_max), ensure_ascii=True, sort_keys=True)
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    label = json.dumps(name).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<data name={label}>{text}</data>"


def _shortened(value: object, chars_max: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= chars_max else value[:chars_max] + " [cut]"
    if isinstance(value, dict):
        return {str(key): _shortened(one, chars_max) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(one, chars_max) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
