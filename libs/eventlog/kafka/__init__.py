"""The event log on Apache Kafka, through FastStream."""

from libs.eventlog.kafka.log import KafkaLog

__all__ = ["KafkaLog"]
