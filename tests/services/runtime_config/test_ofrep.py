"""OpenFeature clients read parameters and prompts as flags."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, InvalidContextError
from pawl_sdk.bundle import in_share

from libs.testkit.review_gate import NOW, agent_files

FLAGS = "/ofrep/v1/evaluate/flags"


async def ask(call: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.to_thread(call, *arguments)


async def test_the_real_provider_reads_parameters_and_prompts(registry: Any) -> None:
    provider = OFREPProvider(registry.url)
    buyer = EvaluationContext("user-1", {"agent": "buyer"})
    number = await ask(provider.resolve_integer_details, "parameters.threshold", 0, buyer)
    assert (number.value, number.variant, number.reason) == (1, "stable", "STATIC")
    assert number.flag_metadata["generation"] == 1
    prompt = await ask(provider.resolve_string_details, "buyer/prompts.system", "")
    assert prompt.value == "buy below 1\n"


async def test_errors_are_those_of_the_protocol(registry: Any) -> None:
    provider = OFREPProvider(registry.url)
    buyer = EvaluationContext("user-1", {"agent": "buyer"})
    with pytest.raises(FlagNotFoundError, match=r"parameters\.threshold, prompts\.system"):
        await ask(provider.resolve_integer_details, "parameters.x", 0, buyer)
    with pytest.raises(InvalidContextError, match="name the agent"):
        await ask(provider.resolve_integer_details, "parameters.threshold", 0, None)
    nobody = EvaluationContext("user-1", {"agent": "nobody"})
    with pytest.raises(FlagNotFoundError, match="no channel"):
        await ask(provider.resolve_integer_details, "parameters.threshold", 0, nobody)


async def test_the_targeting_key_picks_the_same_side_as_the_sdk(start_registry: Any) -> None:
    registry = await start_registry(canary_weight=0.5)
    await registry.publish(registry.gate.import_files(agent_files(1)))
    await registry.settled()
    await registry.release("prop-1", 2, at=NOW + timedelta(hours=1))
    canary = (await registry.pointer())["canary"]
    provider = OFREPProvider(registry.url)
    seen = set()
    for number in range(30):
        key = f"user-{number}"
        context = EvaluationContext(key, {"agent": "buyer"})
        got = await ask(provider.resolve_integer_details, "parameters.threshold", 0, context)
        expected = 2 if in_share(canary["salt"], key, canary["weight"]) else 1
        assert (got.value, got.reason) == (expected, "SPLIT")
        seen.add(got.variant)
    assert seen == {"stable", "canary"}


async def test_all_flags_come_at_once_and_304_while_nothing_moved(registry: Any) -> None:
    body = {"context": {"targetingKey": "u", "agent": "buyer"}}
    response = await registry.http.post(FLAGS, json=body)
    assert {flag["key"]: flag["value"] for flag in response.json()["flags"]} == {
        "parameters.threshold": 1,
        "prompts.system": "buy below 1\n",
    }
    headers = {"If-None-Match": response.headers["etag"]}
    again = await registry.http.post(FLAGS, json=body, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    await registry.release("prop-1", 2)
    assert (await registry.http.post(FLAGS, json=body, headers=headers)).status_code == 200
