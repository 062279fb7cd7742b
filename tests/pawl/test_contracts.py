"""Events only change additively, and the AsyncAPI document says what the code says."""

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from libs.contracts.routes import SERVICES
from libs.contracts.topics import TOPICS
from libs.testkit.apps import embedded_deps
from pawl.asyncapi import document, topic_table
from pawl.commands.contracts import broken_by, rendered

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml"
NAME = "evaluation-recorded-v1"


def payload(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["components"]["messages"][NAME]["payload"]
    return found


def test_the_published_document_is_what_the_code_says() -> None:
    assert PUBLISHED.read_text() == rendered(document())


def test_architecture_shows_the_table_of_topics_as_declared() -> None:
    assert topic_table() in (PUBLISHED.parents[1] / "ARCHITECTURE.md").read_text()


def test_the_document_is_valid_asyncapi_and_names_every_topic() -> None:
    parsed = ApplicationSchema.model_validate(yaml.safe_load(PUBLISHED.read_text()))
    assert set(parsed.channels) == {topic.name for topic in TOPICS}


async def test_every_declared_consumer_subscribes_and_no_other(tmp_path: Path) -> None:
    """A consumer that is only declared would show as lag for ever."""
    clients = {name: httpx.AsyncClient() for name in SERVICES}
    real: dict[str, set[str]] = {topic.name: set() for topic in TOPICS}
    async with embedded_deps(tmp_path, clients=clients) as deps:
        for name in SERVICES:
            for topic in import_module(f"services.{name}.main").build(deps).consumes:
                real[topic].add(name)
    assert real == {topic.name: set(topic.consumers) for topic in TOPICS}


def test_an_added_optional_field_is_compatible() -> None:
    changed = copy.deepcopy(document())
    payload(changed)["properties"]["extra"] = {"type": "string"}
    assert broken_by(document(), changed) == []


@pytest.mark.parametrize("change", ["removed", "required", "type", "enum", "nested", "topic"])
def test_a_breaking_change_is_found(change: str) -> None:
    changed = copy.deepcopy(document())
    fields = payload(changed)["properties"]
    if change == "removed":
        del fields["score"]
    if change == "required":
        payload(changed)["required"].append("score")
    if change == "type":
        fields["explanation"]["type"] = "integer"
    if change == "enum":
        fields["kind"]["enum"].append("guess")
    if change == "nested":
        del fields["evidence"]["items"]["properties"]["text"]
    if change == "topic":
        del changed["components"]["messages"][NAME]
    assert len(broken_by(document(), changed)) == 1
