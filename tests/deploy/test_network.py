"""The rendered network policies let through what the code needs, and little else."""

import re
from pathlib import Path

import pytest

from libs.contracts.routes import SERVICES
from tests.deploy.network import Place, admits
from tests.deploy.rendered import ROOT, Manifest, dashed, of_kind, rendered, templates

HTTP, OTLP_GRPC = 8080, 4317
STORES = {"kafka": 9092, "postgres": 5432, "clickhouse": 8123, "redis": 6379}
CLIENT = re.compile(r"client\(\"(\w+)\"\)")
FORGE = Place(address="140.82.112.3")
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
STRANGER = Place("elsewhere", {"app": "stranger"})


def in_namespace(purpose: str) -> Place:
    """Some pod in a namespace that carries the label."""
    return Place("theirs", {"app": "any"}, {f"pawl.dev/{purpose}": "true"})


def places(manifests: list[Manifest]) -> dict[str, Place]:
    """Every pod of Pawl, jobs too, by workload name."""
    [home] = {one["metadata"]["namespace"] for one in of_kind(manifests, "NetworkPolicy")}
    return {
        name: Place(
            home,
            template["metadata"]["labels"],
            ports={
                port["name"]: port["containerPort"]
                for port in template["spec"]["containers"][0].get("ports", ())
            },
        )
        for name, template in templates(manifests).items()
    }


def called_by(service: str) -> set[str]:
    """Which services the code of a service asks; the console asks all that have an API."""
    if service == "console":
        return set(SERVICES) - {"console"}
    folder: Path = ROOT / "services" / service
    return {name for file in folder.rglob("*.py") for name in CLIENT.findall(file.read_text())}


def stores(manifests: list[Manifest]) -> dict[str, Place]:
    """Where the overlay brings its own they stand beside Pawl, else in namespaces of their own."""
    own = {
        one["metadata"]["name"]: Place(
            one["metadata"]["namespace"], one["spec"]["template"]["metadata"]["labels"]
        )
        for one in of_kind(manifests, "StatefulSet")
        if one["metadata"]["name"] in STORES
    }
    return {name: own.get(name, Place(name)) for name in STORES}


def test_the_code_tells_who_calls_whom() -> None:
    assert called_by("evaluators") == {"traces"}
    assert called_by("clustering") == {"datasets", "traces"}


def test_every_pod_may_resolve_names(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    for name, place in places(manifests).items():
        assert admits(policies, place, DNS, 53, "UDP"), name
        assert admits(policies, place, DNS, 53, "TCP"), name
        assert not admits(policies, place, DNS, 443), name


@pytest.mark.parametrize("service", SERVICES)
def test_services_reach_those_that_they_ask(manifests: list[Manifest], service: str) -> None:
    policies, found = of_kind(manifests, "NetworkPolicy"), places(manifests)
    for asked in called_by(service):
        assert admits(policies, found[dashed(service)], found[dashed(asked)], HTTP), asked


def test_every_pod_reaches_the_stores(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    for name, place in places(manifests).items():
        for store, target in stores(manifests).items():
            assert admits(policies, place, target, STORES[store]), f"{name} {store}"
            assert not admits(policies, place, target, 22), f"{name} {store}"


def test_agents_reach_the_door_and_the_registry_only(manifests: list[Manifest]) -> None:
    policies, found = of_kind(manifests, "NetworkPolicy"), places(manifests)
    agent = in_namespace("agents")
    assert admits(policies, agent, found["pawl-ingest"], OTLP_GRPC)
    reached = {name for name, place in found.items() if admits(policies, agent, place, HTTP)}
    assert reached == {"pawl-ingest", "pawl-runtime-config"}


@pytest.mark.parametrize("purpose", ["ingress", "monitoring"])
def test_the_ingress_and_prometheus_reach_every_service(
    manifests: list[Manifest], purpose: str
) -> None:
    policies, found = of_kind(manifests, "NetworkPolicy"), places(manifests)
    for service in SERVICES:
        assert admits(policies, in_namespace(purpose), found[dashed(service)], HTTP), service


def test_replays_reach_agents_on_whatever_port_they_announce(manifests: list[Manifest]) -> None:
    policies, agent = of_kind(manifests, "NetworkPolicy"), in_namespace("agents")
    reaching = {
        name for name, place in places(manifests).items() if admits(policies, place, agent, 8899)
    }
    assert reaching == {"pawl-experiments"}


def test_the_forge_and_the_model_are_reached_by_those_that_use_them(
    manifests: list[Manifest],
) -> None:
    policies, found = of_kind(manifests, "NetworkPolicy"), places(manifests)
    reaching = {name for name, place in found.items() if admits(policies, place, FORGE, 443)}
    assert reaching == {"pawl-miner", "pawl-review-gate"}
    inside = Place(address="10.0.0.1")
    assert not any(admits(policies, place, inside, 443) for place in found.values())


def test_strangers_reach_nothing(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    for name, place in places(manifests).items():
        assert not admits(policies, STRANGER, place, HTTP), name
        assert not admits(policies, place, STRANGER, HTTP), name


def test_the_pod_that_the_runbook_starts_reaches_kafka() -> None:
    manifests = rendered("production")
    [given] = set(re.findall(r"--labels=(\S+)", (ROOT / "docs" / "operations.md").read_text()))
    labels = dict(pair.split("=") for pair in given.split(","))
    tool = Place(next(iter(places(manifests).values())).namespace, labels)
    policies = of_kind(manifests, "NetworkPolicy")
    assert admits(policies, tool, Place("kafka"), STORES["kafka"])
    assert admits(policies, tool, DNS, 53, "UDP")


def test_a_peer_that_is_narrowed_to_pawl_admits_nobody_else() -> None:
    """What kustomize once made of the rule for DNS; the evaluator has to see it."""
    [place] = [p for name, p in places(rendered("production")).items() if name == "pawl-traces"]
    peer = {"matchLabels": {"k8s-app": "kube-dns", "app.kubernetes.io/name": "pawl"}}
    policy = {
        "metadata": {"namespace": place.namespace},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"namespaceSelector": {}, "podSelector": peer}]}],
        },
    }
    assert not admits([policy], place, DNS, 53, "UDP")
