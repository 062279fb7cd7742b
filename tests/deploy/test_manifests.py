"""The manifests render, are valid, agree with the code, and start nothing with more rights."""

import base64

import kubernetes_validate

from libs.contracts.routes import PREFIXES, SERVICES
from services.runtime_config.adapters.signing import signer_of
from services.runtime_config.settings import RuntimeConfigSettings
from tests.deploy.rendered import Manifest, dashed, of_kind, pods

CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}
KUBERNETES = "1.33"


def test_every_manifest_is_valid_for_kubernetes(manifests: list[Manifest]) -> None:
    for one in manifests:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_every_service_is_deployed_and_reachable_by_its_name(manifests: list[Manifest]) -> None:
    names = {dashed(name) for name in SERVICES}
    assert names <= set(pods(manifests))
    assert names <= {one["metadata"]["name"] for one in of_kind(manifests, "Service")}
    assert names <= {one["metadata"]["name"] for one in of_kind(manifests, "PodDisruptionBudget")}


def test_the_ingress_routes_the_paths_of_the_code(manifests: list[Manifest]) -> None:
    [ingress] = of_kind(manifests, "Ingress")
    routed = {
        path["path"]: path["backend"]["service"]["name"]
        for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    declared = {prefix.rstrip("/") or "/": dashed(name) for prefix, name in PREFIXES}
    assert routed == declared


def test_no_container_has_more_rights_than_it_needs(manifests: list[Manifest]) -> None:
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
    manifests: list[Manifest],
) -> None:
    for name in SERVICES:
        [container] = pods(manifests)[dashed(name)]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?work=requests"
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_every_replica_of_the_registry_signs_with_the_same_key(
    manifests: list[Manifest],
) -> None:
    [container] = pods(manifests)["pawl-runtime-config"]["containers"]
    key = RuntimeConfigSettings.model_config["env_prefix"] + "SIGNING_KEY"
    [given] = [one for one in container["env"] if one["name"] == key]
    reference = given["valueFrom"]["secretKeyRef"]
    assert "optional" not in reference, "without the key no pod may start"
    for secret in of_kind(manifests, "Secret"):  # dev brings its own
        if secret["metadata"]["name"] == reference["name"]:
            signer_of(base64.b64decode(secret["data"][reference["key"]]).decode(), key)


def test_the_network_denies_by_default(manifests: list[Manifest]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(manifests, "NetworkPolicy")}
    deny = policies["pawl-default-deny"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny
    for one in of_kind(manifests, "Deployment", "StatefulSet", "Job"):
        if one["metadata"]["name"].startswith("pawl"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == "pawl", one["metadata"]["name"]
