"""Mining, experiments and the review gate of the platform in memory: one toy rule for each run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pawl_sdk.bundle import apply_edits, compile_bundle, proposal_id

from libs.testkit.fake_views import NOW, evidence_of, view_of


@dataclass(frozen=True)
class ToyRule:
    """What the toy miner proposes in one run, and which evidence judges it.

    procedure: at once, and it is a canary first. exact: by the reviews that come afterwards.
    """

    when: str
    decision: str
    fate: Literal["procedure", "exact", "refused"] = "procedure"


@dataclass
class Draft:
    """A proposal: `files` are those with its edit, `head` the reviews that it was learned from."""

    run_id: str
    toy: ToyRule
    digest: str
    files: dict[str, str]
    head: int
    view: dict[str, Any]


class Platform(Protocol):
    """What mining needs of it."""

    agent: str
    rules: Sequence[ToyRule]
    files: dict[str, str]
    feedback: dict[str, dict[str, Any]]
    runs: dict[str, str]
    proposals: dict[str, Draft]
    decisions: list[str]

    async def release(self, files: dict[str, str], *, as_canary: bool = False) -> None: ...


def draft(fake: Platform, run_id: str) -> None:
    """A proposal for the run: open, refused or under test."""
    number = len(fake.runs)
    toy = fake.rules[number]
    rule = {"id": f"r{number}", "when": toy.when, "then": {"decision": toy.decision}}
    rule |= {"because": f"habit {number}", "added": date(2026, 1, 1).isoformat()}
    edit = {"op": "add_rule", "rule": rule, "before": None}
    after = apply_edits(fake.files, [edit])
    name = proposal_id(fake.agent, "0" * 40, [edit])
    digest = compile_bundle(fake.agent, after).digest
    view = view_of(fake.agent, name, run_id, edit, digest, toy.fate)
    fake.proposals[name] = Draft(run_id, toy, digest, after, len(fake.feedback), view)
    fake.runs[run_id] = name


def look(fake: Platform) -> None:
    """Fresh reviews prove what waited for them."""
    for name, one in fake.proposals.items():
        if one.view["state"] == "drafted" and len(fake.feedback) > one.head:
            edit = one.view["proposal"]["edits"][0]
            view = view_of(fake.agent, name, one.run_id, edit, one.digest, "procedure")
            view["experiment"]["evidence"] = evidence_of("exact", len(fake.feedback))
            one.view = view


def add_mining(api: FastAPI, fake: Platform) -> None:
    @api.post("/api/v1/mining-runs", status_code=202)
    async def start(request: Request) -> dict[str, Any]:
        run_id = (await request.json())["mining_run_id"]
        if run_id not in fake.runs:
            draft(fake, run_id)
        return {"mining_run_id": run_id}

    @api.get("/api/v1/mining-runs/{run_id}")
    async def run(run_id: str) -> dict[str, Any]:
        name = fake.runs[run_id]
        is_open = fake.proposals[name].view["state"] in ("drafted", "open")
        return {
            "mining_run_id": run_id,
            "agent": fake.agent,
            "state": "drafted" if is_open else "settled",
            "author": "statistical",
            "base_digest": None,
            "proposal_ids": [name],
            "started_at": NOW,
        }

    @api.get("/api/v1/proposals")
    async def proposals(mining_run_id: str) -> dict[str, Any]:
        return {"items": [fake.proposals[fake.runs[mining_run_id]].view]}

    @api.get("/api/v1/proposals/{name}")
    async def proposal(name: str) -> dict[str, Any]:
        return fake.proposals[name].view

    @api.post("/api/v1/proposals/{name}/decision")
    async def decide(name: str, request: Request) -> JSONResponse:
        one, told = fake.proposals[name], await request.json()
        if one.view["state"] != "open" or told["head_commit"] != one.view["head_commit"]:
            return JSONResponse({"detail": "not open"}, 409)
        fake.decisions.append(name)
        one.view["state"] = "approved" if told["decision"] == "approve" else "rejected"
        if one.view["state"] == "approved":
            await fake.release(one.files, as_canary=one.toy.fate == "procedure")
        return JSONResponse(one.view)


def add_evidence(api: FastAPI, fake: Platform) -> None:
    @api.get("/api/v1/experiments")
    async def experiments(mining_run_id: str) -> dict[str, Any]:
        return {"items": [experiment_of(fake, fake.runs[mining_run_id])]}

    @api.get("/api/v1/experiments/{experiment_id}")
    async def experiment(experiment_id: str) -> dict[str, Any]:
        look(fake)
        name = experiment_id.removeprefix("exp-")
        if name not in fake.proposals:
            raise HTTPException(404)
        return experiment_of(fake, name)

    @api.get("/api/v1/ledger")
    async def ledger(agent: str) -> dict[str, Any]:
        look(fake)
        return {
            "agent": agent,
            "budget": 0.05,
            "promotions": 0,
            "level_next_exact": 0.01,
            "level_next_procedure": 0.01,
            "entries": [_entry(fake, one) for one in fake.proposals.values()],
        }


def experiment_of(fake: Platform, name: str) -> dict[str, Any]:
    """An `ExperimentView`."""
    one = fake.proposals[name]
    waits = one.view["state"] == "drafted"
    return {
        "experiment_id": f"exp-{name}",
        "proposal_id": name,
        "agent": fake.agent,
        "mining_run_id": one.run_id,
        "state": "gathering" if waits else "finished",
        "queued_at": NOW,
        "evidence": evidence_of("exact", len(fake.feedback)) if waits else None,
        "result": one.view["experiment"],
    }


def _entry(fake: Platform, one: Draft) -> dict[str, Any]:
    """A test that saw every review; of what came as a canary the one on live traffic."""
    return {
        "test_number": 1,
        "kind": "exact",
        "experiment_id": None,
        "baseline_digest": one.digest,
        "candidate_digest": one.digest,
        "level": 0.01,
        "promoted_before": 0,
        "outcome": "open",
        "evidence": evidence_of("exact", len(fake.feedback)),
        "opened_at": NOW,
    }
