"""The manifests render, are valid, agree with the code, and start nothing with more rights."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.local.kustomize import render
from libs.contracts.routes import PREFIXES, SERVICES
from libs.contracts.topics import BY_NAME
from libs.runtime.metrics import Metrics
from libs.testkit.servers import CACHE
from services.runtime_config.adapters.signing import signer_of
from services.runtime_config.settings import RuntimeConfigSettings

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("dev", "production")
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}
KUBERNETES = "1.33"


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    text = render(ROOT / "k8s" / "overlays" / request.param, CACHE)
    return [one for one in yaml.safe_load_all(text) if one]


def of_kind(manifests: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests if one["kind"] in kinds]


def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Pod specs of Pawl itself, by workload name."""
    workloads = of_kind(manifests, "Deployment", "StatefulSet", "Job")
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in workloads
        if one["metadata"]["name"].startswith("pawl")
    }


def test_every_manifest_is_valid_for_kubernetes(manifests: list[dict[str, Any]]) -> None:
    for one in manifests:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_every_service_is_deployed_and_reachable_by_its_name(
    manifests: list[dict[str, Any]],
) -> None:
    names = {f"pawl-{name.replace('_', '-')}" for name in SERVICES}
    assert names <= set(pods(manifests))
    assert names <= {one["metadata"]["name"] for one in of_kind(manifests, "Service")}
    assert names <= {one["metadata"]["name"] for one in of_kind(manifests, "PodDisruptionBudget")}


def test_the_ingress_routes_the_paths_of_the_code(manifests: list[dict[str, Any]]) -> None:
    [ingress] = of_kind(manifests, "Ingress")
    routed = {
        path["path"]: path["backend"]["service"]["name"]
        for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    declared = {
        prefix.rstrip("/") or "/": f"pawl-{name.replace('_', '-')}" for prefix, name in PREFIXES
    }
    assert routed == declared


def test_no_container_has_more_rights_than_it_needs(manifests: list[dict[str, Any]]) -> None:
    for name, pod in pods(manifests).items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"]["drop"] == ["ALL"], name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name


def test_every_service_tells_when_it_lives_and_when_it_is_ready(
    manifests: list[dict[str, Any]],
) -> None:
    for one in of_kind(manifests, "Deployment"):
        [container] = one["spec"]["template"]["spec"]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?work=requests"
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 20


def test_every_replica_of_the_registry_signs_with_the_same_key(
    manifests: list[dict[str, Any]],
) -> None:
    [container] = pods(manifests)["pawl-runtime-config"]["containers"]
    key = RuntimeConfigSettings.model_config["env_prefix"] + "SIGNING_KEY"
    [given] = [one for one in container["env"] if one["name"] == key]
    reference = given["valueFrom"]["secretKeyRef"]
    assert "optional" not in reference, "without the key no pod may start"
    for secret in of_kind(manifests, "Secret"):  # dev brings its own
        if secret["metadata"]["name"] == reference["name"]:
            signer_of(base64.b64decode(secret["data"][reference["key"]]).decode(), key)


def test_the_network_denies_by_default(manifests: list[dict[str, Any]]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(manifests, "NetworkPolicy")}
    deny = policies["pawl-default-deny"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny
    for one in of_kind(manifests, "Deployment", "StatefulSet", "Job"):
        if one["metadata"]["name"].startswith("pawl"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == "pawl", one["metadata"]["name"]


def test_lag_is_scaled_on_declared_topics_and_consumers(manifests: list[dict[str, Any]]) -> None:
    for one in of_kind(manifests, "ScaledObject"):
        trigger = one["spec"]["triggers"][0]["metadata"]
        topic = BY_NAME[trigger["topic"]]
        assert trigger["consumerGroup"] in topic.consumers
        assert one["spec"]["maxReplicaCount"] <= topic.partitions
        assert one["spec"]["scaleTargetRef"]["name"] in pods(manifests)


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


def queries() -> list[str]:
    monitoring = ROOT / "k8s" / "components" / "monitoring"
    dashboard = json.loads((monitoring / "dashboards" / "pawl.json").read_text())
    rules = yaml.safe_load((monitoring / "rules.yaml").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return found + [rule["expr"] for group in rules["spec"]["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("query", queries())
def test_dashboards_and_alerts_ask_for_metrics_that_exist(query: str) -> None:
    asked = set(re.findall(r"\bpawl_\w+", query))
    assert asked
    assert asked <= exported()


def test_every_alert_leads_to_a_section_of_the_runbook() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text().lower()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").strip()).replace(" ", "-")
        for line in runbook.splitlines()
        if line.startswith("#")
    }
    rules = yaml.safe_load((ROOT / "k8s/components/monitoring/rules.yaml").read_text())
    for rule in rules["spec"]["groups"][0]["rules"]:
        anchor = rule["annotations"]["runbook_url"].split("#")[1]
        assert anchor in headings, anchor
