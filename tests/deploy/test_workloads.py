"""How workloads are stopped, kept, scaled and upgraded, as rendered."""

from libs.contracts.routes import SERVICES
from libs.contracts.topics import BY_NAME
from tests.deploy.rendered import Manifest, dashed, of_kind, pods, rendered, selects, templates

CLOSING_SECONDS = 25
"""At worst, after the drain: HTTP server, timers and hooks, event log (libs/runtime/app.py)."""
WAVE = "argocd.argoproj.io/sync-wave"


def scaled(manifests: list[Manifest]) -> set[str]:
    """Workloads whose number of pods an autoscaler decides."""
    scalers = of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject")
    return {one["spec"]["scaleTargetRef"]["name"] for one in scalers}


def taken_in(selector: dict[str, object], manifests: list[Manifest]) -> set[str]:
    return {
        name
        for name, template in templates(manifests).items()
        if selects(selector, template["metadata"]["labels"])
    }


def test_each_disruption_budget_counts_the_pods_of_its_service(
    manifests: list[Manifest],
) -> None:
    for one in of_kind(manifests, "PodDisruptionBudget"):
        name = one["metadata"]["name"]
        assert taken_in(one["spec"]["selector"], manifests) == {name}


def test_each_service_leads_to_its_own_pods(manifests: list[Manifest]) -> None:
    for name in SERVICES:
        [one] = [
            one for one in of_kind(manifests, "Service") if one["metadata"]["name"] == dashed(name)
        ]
        assert taken_in({"matchLabels": one["spec"]["selector"]}, manifests) == {dashed(name)}


def test_a_pod_is_out_of_use_before_it_stops_and_has_time_to_finish(
    manifests: list[Manifest],
) -> None:
    [config] = [
        one
        for one in of_kind(manifests, "ConfigMap")
        if one["metadata"]["name"].startswith("pawl-config")
    ]
    drain_seconds = float(config["data"]["PAWL_SHUTDOWN_SECONDS"])
    for name in SERVICES:
        pod = pods(manifests)[dashed(name)]
        pause_seconds = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pause_seconds >= 5, name
        needed = pause_seconds + drain_seconds + CLOSING_SECONDS
        assert pod["terminationGracePeriodSeconds"] > needed, name


def test_no_manifest_sets_back_what_an_autoscaler_decided(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "Deployment"):
        if one["metadata"]["name"] in scaled(manifests):
            assert "replicas" not in one["spec"], one["metadata"]["name"]
        else:
            assert one["spec"]["replicas"] >= 1, one["metadata"]["name"]


def test_production_scales_every_service_that_may_run_twice() -> None:
    manifests = rendered("production")
    single = {
        one["metadata"]["name"]
        for one in of_kind(manifests, "Deployment", "StatefulSet")
        if one["spec"].get("replicas") == 1
    }
    assert single | scaled(manifests) == {dashed(name) for name in SERVICES}


def test_lag_is_scaled_on_declared_topics_and_consumers(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "ScaledObject"):
        trigger = one["spec"]["triggers"][0]["metadata"]
        topic = BY_NAME[trigger["topic"]]
        assert trigger["consumerGroup"] in topic.consumers
        assert one["spec"]["maxReplicaCount"] <= topic.partitions
        assert one["spec"]["scaleTargetRef"]["name"] in pods(manifests)


def test_jobs_make_way_for_the_next_apply_and_come_after_their_config(
    manifests: list[Manifest],
) -> None:
    config = {one["metadata"]["name"]: one for one in of_kind(manifests, "ConfigMap")}
    jobs = of_kind(manifests, "Job")
    assert len(jobs) == 2
    for job in jobs:
        assert job["spec"]["ttlSecondsAfterFinished"] <= 3600
        notes = job["metadata"]["annotations"]
        assert notes["argocd.argoproj.io/hook"] == "Sync"
        [container] = job["spec"]["template"]["spec"]["containers"]
        for source in container["envFrom"]:
            if "configMapRef" in source:
                before = config[source["configMapRef"]["name"]]["metadata"]["annotations"]
                assert int(before[WAVE]) < int(notes[WAVE]) < 0


def test_what_a_stranger_could_use_is_given_to_those_that_need_it(
    manifests: list[Manifest],
) -> None:
    for secret, user in (("pawl-github", "pawl-review-gate"), ("pawl-model", "pawl-miner")):
        users = {
            name
            for name, pod in pods(manifests).items()
            for source in pod["containers"][0]["envFrom"]
            if source.get("secretRef") == {"name": secret, "optional": True}
        }
        assert users == {user}


def test_the_public_address_is_served_over_tls() -> None:
    [ingress] = of_kind(rendered("production"), "Ingress")
    hosts = {rule["host"] for rule in ingress["spec"]["rules"]}
    covered = {host for one in ingress["spec"]["tls"] for host in one["hosts"]}
    assert hosts == covered
