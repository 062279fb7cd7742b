"""The examples of stores fit the production overlay and the code."""

from typing import Any

from libs.contracts.routes import SERVICES
from libs.storage.engine import POOL_SIZE
from tests.deploy.rendered import ROOT, Manifest, dashed, example, of_kind, rendered

OVERFLOW = 10
"""What SQLAlchemy adds to a pool by default."""


def the(kind: str, manifests: list[Manifest]) -> Any:
    [found] = of_kind(manifests, kind)
    return found


def address(one: Manifest, service: str) -> str:
    return f"{service}.{one['metadata']['namespace']}"


def test_the_overlay_names_the_kafka_of_the_example() -> None:
    kafka = the("Kafka", example("kafka-strimzi.yaml"))
    pool = the("KafkaNodePool", example("kafka-strimzi.yaml"))
    name = kafka["metadata"]["name"]
    assert pool["metadata"]["labels"]["strimzi.io/cluster"] == name
    [listener] = kafka["spec"]["kafka"]["listeners"]
    bootstrap = f"{address(kafka, name + '-kafka-bootstrap')}:{listener['port']}"
    manifests = rendered("production")
    told = {
        one["data"]["PAWL_KAFKA_BOOTSTRAP"]
        for one in of_kind(manifests, "ConfigMap")
        if "PAWL_KAFKA_BOOTSTRAP" in one["data"]
    }
    scaled_by = {
        one["spec"]["triggers"][0]["metadata"]["bootstrapServers"]
        for one in of_kind(manifests, "ScaledObject")
    }
    assert told == scaled_by == {bootstrap}


def test_clickhouse_has_one_shard_and_names_a_keeper_and_a_user_that_exist() -> None:
    manifests = example("clickhouse-altinity.yaml")
    keeper, server = (
        the("ClickHouseKeeperInstallation", manifests),
        the("ClickHouseInstallation", manifests),
    )
    configuration = server["spec"]["configuration"]
    [cluster] = configuration["clusters"]
    assert cluster["layout"]["shardsCount"] == 1, "no table is distributed"
    assert cluster["layout"]["replicasCount"] > 1
    [node] = configuration["zookeeper"]["nodes"]
    assert node["host"] == f"keeper-{keeper['metadata']['name']}"
    assert "pawl/password" in configuration["users"]


def replicas_max(manifests: list[Manifest]) -> dict[str, int]:
    """Pods by workload, at the autoscalers' limits and while a deployment rolls."""
    fixed = {
        one["metadata"]["name"]: one["spec"].get("replicas", 0)
        for one in of_kind(manifests, "Deployment", "StatefulSet")
    }
    scaled = {
        one["metadata"]["name"]: one["spec"].get("maxReplicas") or one["spec"]["maxReplicaCount"]
        for one in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject")
    }
    rolling = {
        one["metadata"]["name"]: one["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0)
        for one in of_kind(manifests, "Deployment")
    }
    return {name: (fixed | scaled)[name] + rolling.get(name, 0) for name in fixed}


def test_postgres_takes_the_connections_of_every_process() -> None:
    cluster = the("Cluster", example("postgres-cloudnativepg.yaml"))
    pods = replicas_max(rendered("production"))
    processes = sum(
        pods[dashed(name)]
        for name in SERVICES
        if (ROOT / "services" / name / "migrations").is_dir()
    )
    allowed = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    assert processes * (POOL_SIZE + OVERFLOW) < allowed


def test_postgres_is_archived_to_a_store_that_the_example_defines() -> None:
    manifests = example("postgres-cloudnativepg.yaml")
    [plugin] = the("Cluster", manifests)["spec"]["plugins"]
    store = the("ObjectStore", manifests)["metadata"]["name"]
    assert plugin["isWALArchiver"] is True
    assert plugin["parameters"]["barmanObjectName"] == store
    backup = the("ScheduledBackup", manifests)["spec"]
    assert backup["pluginConfiguration"]["name"] == plugin["name"]
    assert backup["cluster"]["name"] == the("Cluster", manifests)["metadata"]["name"]
