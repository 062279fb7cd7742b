"""Objects laid over objects."""

from collections.abc import Mapping
from typing import Any


def merged(base: Any, over: Any) -> Any:
    """`over` wins; where both are objects their fields merge. Neither argument is changed."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
