"""Kafka, PostgreSQL and Redis as plain processes, for machines without a container engine."""

from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.redis import LocalRedis

__all__ = ["LocalKafka", "LocalPostgres", "LocalRedis"]
