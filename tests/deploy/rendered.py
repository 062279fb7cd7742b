"""The overlays as `kubectl apply -k` sends them, and how their parts are found."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.local.kustomize import render
from libs.testkit.servers import CACHE

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("dev", "production")
Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Manifest]:
    """Every resource of the overlay; shared, so not to be changed."""
    text = render(ROOT / "k8s" / "overlays" / overlay, CACHE)
    return [one for one in yaml.safe_load_all(text) if one]


def example(name: str) -> list[Manifest]:
    """The resources of k8s/examples/NAME."""
    return list(yaml.safe_load_all((ROOT / "k8s" / "examples" / name).read_text()))


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [one for one in manifests if one["kind"] in kinds]


def templates(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod templates of Pawl itself, by workload name."""
    workloads = of_kind(manifests, "Deployment", "StatefulSet", "Job")
    return {
        one["metadata"]["name"]: one["spec"]["template"]
        for one in workloads
        if one["metadata"]["name"].startswith("pawl")
    }


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod specs of Pawl itself, by workload name."""
    return {name: template["spec"] for name, template in templates(manifests).items()}


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes in what has these labels; an empty one takes in all."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions", ()))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", ())
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[expression["operator"]]


def dashed(service: str) -> str:
    """The name of a service's workload and Service."""
    return f"pawl-{service.replace('_', '-')}"
