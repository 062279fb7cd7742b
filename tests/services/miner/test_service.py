"""A mining run from start to settled, on a real log, with the other services played."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pawl_sdk.bundle import apply_edits, compile_bundle

from libs.contracts.events import ExperimentFinished, ProposalDecided, ProposalDrafted
from libs.contracts.topics import PROPOSAL_DRAFTED
from libs.runtime import App, Deps
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector, eventually
from services.miner.main import build

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = "buyer"
FILES = {
    "agent.yaml": "name: buyer\ntask:\n  label: decision\n  labels: [approve, reject]\n",
    "rules.yaml": "# learned\nrules: []\n",
}
pytestmark = pytest.mark.usefixtures("either_database")


def example(number: int) -> dict[str, Any]:
    vendor = ("Acme", "Birch", "Cobalt")[number % 3]
    document = {"vendor": vendor, "amount": 100 * (number % 11)}
    return {
        "position": number + 1,
        "review_id": f"fb-{number}",
        "recorded_at": NOW.isoformat(),
        "example_key": f"q{number:03d}",
        "agent": AGENT,
        "group": f"g{number}",
        "trace_id": f"{number:032x}",
        "input": document,
        "expected": "reject" if vendor == "Acme" else "approve",
        "answered": "approve",
        "facts": {"request": document, "draft": {"decision": "approve"}},
        "reason": "Acme billed us twice." if vendor == "Acme" else "",
        "precedent": "double-billed" if vendor == "Acme" else None,
    }


class Platform:
    """What a run asks of other services; `broken` is answered to everything."""

    def __init__(self) -> None:
        self.examples = [example(n) for n in range(45)]
        self.broken: int | None = None
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        path = request.url.path
        if self.broken:
            return httpx.Response(self.broken)
        if path == "/api/v1/examples":
            return httpx.Response(200, json={"items": self.examples, "next_cursor": None})
        if path.startswith("/api/v1/config-repo/"):
            if not path.endswith(AGENT):
                return httpx.Response(404)
            digest = compile_bundle(AGENT, FILES).digest
            body = {"agent": AGENT, "commit": "a" * 40, "digest": digest, "files": FILES}
            return httpx.Response(200, json=body)
        if request.method == "POST":  # clusters are brought up to date first
            return httpx.Response(200, json={"runs": 0})
        if path.startswith("/api/v1/clusters"):
            return httpx.Response(200, json={"items": [], "next_cursor": None})
        return httpx.Response(404)

    def clients(self) -> dict[str, httpx.AsyncClient]:
        transport = httpx.MockTransport(self.answer)
        names = ("clustering", "datasets", "review_gate")
        return {n: httpx.AsyncClient(transport=transport, base_url=f"http://{n}") for n in names}


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def deps(tmp_path: Path, platform: Platform) -> AsyncIterator[Deps]:
    async with embedded_deps(tmp_path, platform.clients()) as found:
        yield found


async def call(app: App, method: str, path: str, **body: Any) -> Any:
    transport = httpx.ASGITransport(app.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://miner") as client:
        answer = await client.request(method, path, json=body or None)
        return answer.json() | {"code": answer.status_code}


async def drafted(deps: Deps, count: int) -> list[ProposalDrafted]:
    seen = Collector()
    await deps.log.subscribe(PROPOSAL_DRAFTED.name, f"test-{count}", seen, batch_max=10)
    await seen.until(count)
    await asyncio.sleep(0.3)
    return [ProposalDrafted.model_validate_json(value) for value in seen.values]


def verdict(proposal: ProposalDrafted, said: str) -> ExperimentFinished:
    return ExperimentFinished(
        experiment_id=f"x-{proposal.proposal_id}-{proposal.mining_run_id}",
        proposal_id=proposal.proposal_id,
        agent=AGENT,
        mining_run_id=proposal.mining_run_id,
        verdict=said,  # type: ignore[arg-type]
        reasons=("because",),
        baseline_digest=proposal.base_digest,
        candidate_digest="sha256:0",
        edits=proposal.edits,
        finished_at=NOW,
    )


async def state_is(app: App, run_id: str, state: str) -> bool:
    found: str = (await call(app, "GET", f"/api/v1/mining-runs/{run_id}"))["state"]
    return found == state


async def test_a_run_drafts_what_the_cases_say_and_settles_when_all_is_decided(
    deps: Deps,
) -> None:
    app = build(deps)
    await app.start()
    for _ in range(2):  # the same id is the same run
        answer = await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")
        assert answer["code"] == 202
    [proposal] = await drafted(deps, 1)
    assert (proposal.author, proposal.model) == ("statistical", None)
    bundle = compile_bundle(AGENT, apply_edits(FILES, list(proposal.edits)))
    assert [rule.then for rule in bundle.rules] == [{"decision": "reject"}]
    assert "Acme" in bundle.rules[0].when
    assert proposal.evidence[0].wins == 15
    assert proposal.evidence[0].quotes == ("Acme billed us twice.",)
    assert "# learned" in proposal.diff

    await App("experiments", deps).publish([verdict(proposal, "accept")])
    await asyncio.sleep(0.5)
    assert await state_is(app, "r1", "drafted")  # a person's turn
    decision = ProposalDecided(
        proposal_id=proposal.proposal_id,
        agent=AGENT,
        decision="approved",
        decided_by="x",
        head_commit="b" * 40,
        decided_at=NOW,
    )
    await App("review_gate", deps).publish([decision])
    await eventually(lambda: state_is(app, "r1", "settled"))
    await app.stop()


async def test_what_was_refused_is_not_proposed_again(deps: Deps) -> None:
    app = build(deps)
    await app.start()
    await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")
    [proposal] = await drafted(deps, 1)
    await App("experiments", deps).publish([verdict(proposal, "reject")])
    await eventually(lambda: state_is(app, "r1", "settled"))
    await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r2")
    await eventually(lambda: state_is(app, "r2", "settled"))
    run = await call(app, "GET", "/api/v1/mining-runs/r2")
    assert run["proposal_ids"] == []
    assert run["note"] == "45 reviewed cases teach nothing new that was not refused before"
    await app.stop()


async def test_a_run_waits_for_services_that_are_away_also_over_a_restart(
    deps: Deps, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage does not use up the tries: whoever asked for the run is not at the screen."""
    monkeypatch.setenv("PAWL_MINER_ATTEMPTS_MAX", "2")
    platform.broken = 503
    app = build(deps)
    await app.start()
    await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")

    async def tried() -> bool:
        return len(platform.asked) >= 5

    await eventually(tried)
    assert await state_is(app, "r1", "running")
    await app.stop()
    platform.broken = None
    again = build(deps)
    await again.start()
    await eventually(lambda: state_is(again, "r1", "drafted"))
    assert len(await drafted(deps, 1)) == 1
    await again.stop()


async def test_a_service_that_answers_with_errors_fails_the_run_after_some_tries(
    deps: Deps, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_MINER_ATTEMPTS_MAX", "3")
    platform.broken = 500
    app = build(deps)
    await app.start()
    await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")
    await eventually(lambda: state_is(app, "r1", "failed"))
    assert "500" in (await call(app, "GET", "/api/v1/mining-runs/r1"))["note"]
    assert len(platform.asked) == 3
    await app.stop()


async def test_an_agent_without_config_fails_the_run_and_says_what_to_do(deps: Deps) -> None:
    app = build(deps)
    await app.start()
    await call(app, "POST", "/api/v1/mining-runs", agent="nobody", mining_run_id="r1")
    await eventually(lambda: state_is(app, "r1", "failed"))
    assert "import" in (await call(app, "GET", "/api/v1/mining-runs/r1"))["note"]
    assert (await call(app, "GET", "/api/v1/mining-runs/r9"))["code"] == 404
    taken = await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")
    assert taken["code"] == 409
    await app.stop()


async def test_every_review_is_learned_from(deps: Deps, platform: Platform) -> None:
    app = build(deps)
    await app.start()
    await call(app, "POST", "/api/v1/mining-runs", agent=AGENT, mining_run_id="r1")
    [proposal] = await drafted(deps, 1)
    await app.stop()
    assert proposal.learned_through == 45
    assert "45 reviewed cases" in proposal.hypothesis
    asked = [url for url in platform.asked if "/examples" in url]
    assert asked
    assert not any("split" in url for url in asked)
