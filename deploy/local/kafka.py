"""Apache Kafka from its Maven Central artifacts: one node, KRaft, on loopback."""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.process import ServerProcess, accepts, free_port, require_debian

POM = Path(__file__).with_name("pom.xml")
CLUSTER_ID = "cGF3bC1sb2NhbC1rYWZrYQ"
JVM = ("-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=134217728
message.max.bytes=20971520
replica.fetch.max.bytes=20971520
"""


def install(cache: Path) -> Path:
    """The folder with the broker's jars; fetched once with Maven."""
    jars = cache / "kafka"
    if (jars / "complete").exists():
        return jars
    require_debian("java", "openjdk-17-jre-headless")
    maven = require_debian("mvn", "maven")
    fresh = cache / f"kafka.new.{os.getpid()}"
    copy = f"-DoutputDirectory={fresh.resolve()}"
    subprocess.run([maven, "-q", "-B", "-f", POM, "dependency:copy-dependencies", copy], check=True)
    (fresh / "complete").touch()
    shutil.rmtree(jars, ignore_errors=True)
    fresh.replace(jars)
    return jars


class LocalKafka:
    """A broker in `folder`; what it holds stays there over a restart."""

    def __init__(self, folder: Path, cache: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self._folder = folder.resolve()
        self._jars = install(cache).resolve()  # the broker runs in its own folder
        self._process: ServerProcess | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Format the storage at the first start, then run the broker; nothing if it runs."""
        if self._process and self._process.alive:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "server.properties"
        data = self._folder / "data"
        if not config.exists():
            values = {"port": self.port, "controller_port": free_port(), "data": data}
            config.write_text(PROPERTIES.format(**values))
            self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config))
        command = ["java", *JVM, "-cp", f"{self._jars}/*", "kafka.Kafka", str(config)]
        self._process = ServerProcess(command, self._folder, "kafka")
        self._process.start(lambda: accepts(self.port))

    def _java(self, *arguments: str) -> None:
        command = ["java", *JVM, "-cp", f"{self._jars}/*", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def send(self, number: int) -> None:
        """For faults: SIGKILL, SIGSTOP, SIGCONT."""
        if self._process:
            self._process.send(number)
