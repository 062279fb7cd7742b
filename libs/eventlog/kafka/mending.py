"""How this room mends aiokafka: a method gets another around it, for every client at once."""

from collections.abc import Callable
from typing import Any

Method = Callable[..., Any]


def wrap_once(owner: type, name: str, around: Callable[[Method], Method]) -> None:
    """Put `around` around the method, unless it is there already."""
    method = getattr(owner, name)
    if getattr(method, "_pawl_wrapped", False):
        return
    wrapped = around(method)
    vars(wrapped)["_pawl_wrapped"] = True
    setattr(owner, name, wrapped)
