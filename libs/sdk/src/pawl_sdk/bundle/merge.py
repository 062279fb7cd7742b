"""Objects laid over objects."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any


def merged(base: Any, over: Any) -> Any:
    """`over` wins; where both are objects their fields merge. The result shares nothing of `over`,
    so that a caller may change it without changing the config."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return deepcopy(over)
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
