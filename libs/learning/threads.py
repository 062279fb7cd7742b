"""One thread for many small products of matrices: more would wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """While it lasts, linear algebra of this process runs on one thread."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
