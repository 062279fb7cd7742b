"""Metrics of several services as one page."""

from collections.abc import Iterable

from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class _Together(Collector):
    """Families of one name are put together: services hold the same names with other labels."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for family in self._families:
            known = families.setdefault(family.name, family)
            if known is not family:
                known.samples.extend(family.samples)
        return families.values()


def page_of(families: Iterable[Metric]) -> bytes:
    """Each family once, with the series of every service."""
    return generate_latest(_Together(families))


def merged(texts: Iterable[str]) -> bytes:
    """The same, from the pages that the services served themselves."""
    return page_of(family for text in texts for family in text_string_to_metric_families(text))
