"""Alerts and dashboards ask for what the services export, and lead to the runbook."""

import json
import re
from typing import Any

import pytest
import yaml

from libs.contracts.routes import SERVICES
from libs.runtime.metrics import Metrics
from tests.deploy.rendered import ROOT, Manifest, dashed, of_kind, rendered, selects

MONITORING = ROOT / "k8s" / "components" / "monitoring"
OF_PROMETHEUS = {"up"}


def exported() -> set[str]:
    """Every sample name that the services export."""
    families = Metrics("any").registry.collect()
    return {
        name
        for family in families
        for name in (
            family.name,
            f"{family.name}_total",
            f"{family.name}_bucket",
            f"{family.name}_count",
            f"{family.name}_sum",
        )
    }


def rules() -> list[dict[str, Any]]:
    found = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    return [rule for group in found["spec"]["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    dashboard = json.loads((MONITORING / "dashboards" / "pawl.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return found + [rule["expr"] for rule in rules()]


@pytest.mark.parametrize("query", queries())
def test_dashboards_and_alerts_ask_for_metrics_that_exist(query: str) -> None:
    asked = set(re.findall(r"\bpawl_\w+|\bup\b", query))
    assert asked
    assert asked <= exported() | OF_PROMETHEUS


def test_every_alert_leads_to_a_section_of_the_runbook() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text().lower()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").strip()).replace(" ", "-")
        for line in runbook.splitlines()
        if line.startswith("#")
    }
    for rule in rules():
        anchor = rule["annotations"]["runbook_url"].split("#")[1]
        assert anchor in headings, anchor


def scraped() -> list[Manifest]:
    """The Services whose pods are targets: the name of each is the job of its series."""
    manifests = rendered("production")
    [monitor] = of_kind(manifests, "ServiceMonitor")
    assert "jobLabel" not in monitor["spec"]
    return [
        one
        for one in of_kind(manifests, "Service")
        if selects(monitor["spec"]["selector"], one["metadata"]["labels"])
    ]


def test_prometheus_finds_every_service() -> None:
    assert {one["metadata"]["name"] for one in scraped()} == {dashed(one) for one in SERVICES}
    for one in scraped():
        assert "http" in {port["name"] for port in one["spec"]["ports"]}


def test_a_service_that_is_gone_is_asked_for_by_its_job() -> None:
    [rule] = [one for one in rules() if one["alert"] == "PawlServiceNotScraped"]
    asked = re.findall(r'absent\(up\{job="([\w-]+)"\}\)', rule["expr"])
    assert sorted(asked) == sorted(one["metadata"]["name"] for one in scraped())
