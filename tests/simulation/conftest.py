"""The simulations, one after the other, beside the cluster of `tests/faults`."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """They share one undisturbed run."""
    item.add_marker(pytest.mark.xdist_group("demo"))
