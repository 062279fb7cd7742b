"""The platform's public face in memory, with a miner that knows one rule for each run.

Enough to hold the demo to its promises before and without the real services: config repo,
channel with stream, bundles, status, OTLP, traces, feedback, counts; `fake_mining` has the rest.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pawl_sdk.bundle import (
    Bundle,
    compile_bundle,
    key_id_of,
    public_key_of,
    sign,
)

from libs.contracts.api.loop_reports import LoopReport
from libs.testkit.fake_mining import Draft, ToyRule, add_evidence, add_mining
from libs.testkit.fake_views import NOW, example, summary, tree
from libs.testkit.registry import PRIVATE_KEY, key_view


class FakePlatform:
    """State of everything; `api` serves it."""

    def __init__(self, agent: str, group_by: Sequence[str], rules: Sequence[ToyRule]) -> None:
        self.agent = agent
        self.group_by = group_by
        self.rules = rules
        self.files: dict[str, str] = {}
        self.bundles: dict[str, Bundle] = {}
        self.generation = 0
        self.digest = ""
        self.moved = asyncio.Condition()
        self.instances: dict[str, dict[str, Any]] = {}
        self.roots: dict[str, dict[str, Any]] = {}
        self.feedback: dict[str, dict[str, Any]] = {}
        self.posts = 0
        self.runs: dict[str, str] = {}
        self.proposals: dict[str, Draft] = {}
        self.decisions: list[str] = []
        self.canary: str | None = None
        self.api = FastAPI()
        self.reports: dict[str, LoopReport] = {}
        for add in (_config, _channels, _traces, _reports, add_mining, add_evidence):
            add(self.api, self)

    async def release(self, files: dict[str, str], *, as_canary: bool = False) -> None:
        bundle = compile_bundle(self.agent, files)
        self.files = files
        self.bundles[bundle.digest] = bundle
        await self.move(
            self.digest if as_canary else bundle.digest, bundle.digest if as_canary else None
        )

    async def move(self, digest: str, canary: str | None = None) -> None:
        async with self.moved:
            self.digest, self.canary, self.generation = digest, canary, self.generation + 1
            self.moved.notify_all()

    def pointer(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "channel": "production",
            "generation": self.generation,
            "digest": self.digest,
            "canary": self.canary and {"digest": self.canary, "weight": 0.5, "salt": "s"},
            "moved_at": NOW,
        }


def _config(api: FastAPI, fake: FakePlatform) -> None:
    @api.get("/api/v1/config-repo/{agent}")
    async def read(agent: str) -> dict[str, Any]:
        if not fake.files:
            raise HTTPException(404)
        return {"agent": agent, "commit": "0" * 40, "digest": fake.digest, "files": fake.files}

    @api.put("/api/v1/config-repo/{agent}")
    async def put(agent: str, request: Request) -> dict[str, Any]:
        if fake.files:
            raise HTTPException(409)
        await fake.release((await request.json())["files"])
        return await read(agent)

    @api.get("/api/v1/bundles/{digest}")
    async def bundle(digest: str) -> Response:
        headers = {
            "x-pawl-signature": sign(PRIVATE_KEY, digest),
            "x-pawl-key-id": key_id_of(public_key_of(PRIVATE_KEY)),
        }
        return Response(fake.bundles[digest].canonical_bytes(), headers=headers)

    @api.get("/api/v1/releases/signing-keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [key_view(PRIVATE_KEY)]}


def _channels(api: FastAPI, fake: FakePlatform) -> None:
    @api.get("/api/v1/agents/{agent}/channels/production")
    async def pointer(agent: str) -> dict[str, Any]:
        if not fake.generation:
            raise HTTPException(404)
        return fake.pointer()

    @api.get("/api/v1/agents/{agent}/channels/production/stream")
    async def stream(agent: str) -> StreamingResponse:
        return StreamingResponse(_pointers(fake), media_type="text/event-stream")

    @api.post("/api/v1/agents/{agent}/channels/production/promote")
    async def promote(agent: str, request: Request) -> dict[str, Any]:
        if request.headers["if-match"] != str(fake.generation) or fake.canary is None:
            raise HTTPException(412)
        await fake.move(fake.canary)
        return fake.pointer()

    @api.post("/api/v1/agents/{agent}/instances/{instance_id}/status", status_code=202)
    async def status(agent: str, instance_id: str, request: Request) -> None:
        told = await request.json()
        more = {"agent": agent, "instance_id": instance_id, "reported_at": NOW}
        fake.instances[instance_id] = {**told, **more}

    @api.get("/api/v1/agents/{agent}/instances")
    async def instances(agent: str) -> list[dict[str, Any]]:
        return list(fake.instances.values())


async def _pointers(fake: FakePlatform) -> AsyncIterator[str]:
    seen = 0
    while True:
        async with fake.moved:
            while fake.generation <= seen:
                await fake.moved.wait()
            seen = fake.generation
        yield f"event: pointer\ndata: {json.dumps(fake.pointer())}\n\n"


def _traces(api: FastAPI, fake: FakePlatform) -> None:
    @api.post("/v1/traces")
    async def otlp(request: Request) -> Response:
        told = ExportTraceServiceRequest.FromString(await request.body())
        for group in told.resource_spans:
            for span in (one for scope in group.scope_spans for one in scope.spans):
                if not span.parent_span_id:
                    found = {a.key: a.value.string_value for a in span.attributes}
                    fake.roots[span.trace_id.hex()] = found
        return Response(b"", media_type="application/x-protobuf")

    @api.get("/api/v1/traces")
    async def listed(config_digest: str) -> dict[str, Any]:
        items = [
            summary(fake.agent, trace_id)
            for trace_id, root in fake.roots.items()
            if root["pawl.config.digest"] == config_digest
        ]
        return {"items": items}

    @api.post("/api/v1/feedback", status_code=202)
    async def feedback(request: Request) -> dict[str, Any]:
        for one in await request.json():
            fake.posts += 1
            fake.feedback[one["feedback_id"]] = one
        return {"feedback_ids": []}

    @api.post("/api/v1/traces/read")
    async def trees(request: Request) -> dict[str, Any]:
        asked = (await request.json())["trace_ids"]
        return {"items": [tree(fake.agent, one, fake.roots[one]) for one in asked], "left": []}

    @api.get("/api/v1/examples")
    async def examples(agent: str, after: int) -> dict[str, Any]:
        said = list(fake.feedback.values())[after:]
        roots = [fake.roots[one["trace_id"]] for one in said]
        found = zip(said, roots, strict=True)
        return {"items": [example(agent, after + n, *one) for n, one in enumerate(found, start=1)]}

    @api.get("/api/v1/examples/counts")
    async def counts(agent: str, config_digest: str | None = None) -> dict[str, Any]:
        return count(fake, config_digest)


def count(fake: FakePlatform, digest: str | None) -> dict[str, Any]:
    """As datasets counts: each example by its last review at the digest."""
    reviews = [
        one
        for one in fake.feedback.values()
        if digest in (None, fake.roots[one["trace_id"]]["pawl.config.digest"])
    ]
    last = {one["example_key"]: one for one in reviews}
    right = [_answer(fake, one) == one["expected"] for one in last.values()]
    return {
        "agent": fake.agent,
        "config_digest": digest,
        "n": len(right),
        "correct": sum(right),
        "agreement": sum(right) / len(right) if right else None,
        "ci_low": None,
        "ci_high": None,
        "reviews": len(reviews),
        "head": len(fake.feedback),
        "pending": 0,
    }


def _answer(fake: FakePlatform, said: dict[str, Any]) -> Any:
    return json.loads(fake.roots[said["trace_id"]]["output.value"])["decision"]


def _reports(api: FastAPI, fake: FakePlatform) -> None:
    @api.put("/loop-reports/{run:path}")
    async def put(run: str, request: Request) -> None:
        fake.reports[run] = LoopReport.model_validate_json(await request.body())
