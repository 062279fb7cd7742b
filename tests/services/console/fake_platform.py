"""Every other service as the console sees it: canned answers over HTTP, none of their code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from pawl_sdk.bundle import proposal_id

from libs.contracts.api import ProposalView
from libs.contracts.events import Condition
from libs.contracts.routes import SERVICES, service_for
from libs.testkit.proposals import AT, RULES, TRACE, drafted, finished, procedure
from tests.services.console.fake_evidence import (
    AGENT,
    DIGESTS,
    TESTED_ID,
    as_json,
    at,
    gathering,
    ledger,
)

BASE = "b" * 40
HEAD = "c" * 40
OPEN_ID = proposal_id(AGENT, BASE, RULES)


@dataclass
class FakePlatform:
    """`answers` by path; `seen` holds every request with its Authorization header."""

    answers: dict[str, Any] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    seen: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    refuse_decision: tuple[int, str] | None = None
    refused: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def clients(self) -> Mapping[str, httpx.AsyncClient]:
        return {name: self._client(name) for name in SERVICES}

    def _client(self, name: str) -> httpx.AsyncClient:
        def answer(request: httpx.Request) -> httpx.Response:
            if name in self.down:
                raise httpx.ConnectError("down")
            assert service_for(request.url.path) == name, f"{request.url.path} is not {name}'s"
            return self._answer(request)

        transport = httpx.MockTransport(answer)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{name}")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        key = request.headers.get("authorization", "")
        self.seen.append((request.method, str(request.url), key, request.content))
        if request.method == "POST" and path.endswith("/decision"):
            return self._decide(path)
        if path == "/api/v1/proposals" and "state=open" in str(request.url):
            opened = [one for one in self.answers[path]["items"] if one["state"] == "open"]
            return httpx.Response(200, json={"items": opened, "next_cursor": None})
        if path in self.refused:
            status, body = self.refused[path]
            return httpx.Response(status, json=body)
        if path in self.answers:
            return httpx.Response(200, json=self.answers[path])
        detail = f"there is nothing at {path}"
        return httpx.Response(404, json={"title": "Not Found", "status": 404, "detail": detail})

    def _decide(self, path: str) -> httpx.Response:
        if self.refuse_decision:
            status, detail = self.refuse_decision
            return httpx.Response(status, json={"title": "x", "status": status, "detail": detail})
        view = dict(self.answers[path.removesuffix("/decision")])
        return httpx.Response(200, json={**view, "state": "approved", "decided_by": "ada"})


def proposal_views() -> list[dict[str, Any]]:
    """One of each state that matters, newest first; the newest waits for a person."""
    draft = drafted(BASE, base_digest=DIGESTS[2])
    verdict = finished(draft)
    opened = ProposalView(
        proposal=draft,
        experiment=verdict,
        state="open",
        risk="low",
        risk_reasons=("rules: changes answers where its condition holds",),
        title=f"{draft.title} (exact: +28.3 points, n=53)",
        body="body",
        diff=draft.diff,
        branch="pawl/procurement/0123456789ab",
        head_commit=HEAD,
        evidence_expires_at=AT + timedelta(days=14),
        updated_at=AT + timedelta(minutes=50),
    )
    views = [as_json(opened)]
    others = (
        ("approved", "ada", "The evidence holds."),
        ("rejected", "ada", "Too broad: renewals of the CRM are fine."),
        ("refused", "experiments", "no gain on the lessons: 4 won, 4 lost"),
        ("inconclusive", "experiments", "the base is not the config in production any more"),
    )
    titles = (
        "Emergency quotes of Northwind are kept",
        "Flag every Marketing renewal",
        "Approve what Customer Success calls urgent",
        "Engineering estimates run low: add a third",
    )
    for number, ((state, by, why), title) in enumerate(zip(others, titles, strict=True)):
        old = drafted(BASE, [RULES[number % 3]], title=title, run=f"run-{number}")
        done = ProposalView(
            proposal=old.model_copy(update={"proposal_id": f"prop-00000000000{number}"}),
            experiment=finished(old, evidence=procedure())
            if by == "ada"
            else finished(old, "reject", evidence=None),
            state=state,  # type: ignore[arg-type]
            risk="low",
            title=f"{title} (procedure: +21.1 points, n=90)" if by == "ada" else None,
            decided_by=by,
            decided_reason=why,
            decided_at=AT + timedelta(minutes=30 - number),
            updated_at=AT + timedelta(minutes=30 - number),
        )
        views.append(as_json(done))
    return [as_json(_tested()), *views]


def _tested() -> ProposalView:
    """Frozen, and judged by the reviews that come."""
    draft = drafted(BASE, [RULES[2]], title="Look at renewals that grew", run="run-9")
    draft = draft.model_copy(update={"proposal_id": TESTED_ID})
    at = AT + timedelta(minutes=55)
    return ProposalView(proposal=draft, experiment=None, state="drafted", updated_at=at)


def loop_answers() -> dict[str, Any]:
    """The loop of one agent after three releases, with a fourth proposal open."""
    views = proposal_views()
    answers: dict[str, Any] = {
        "/api/v1/config-repo": {"commit": BASE, "agents": [AGENT]},
        f"/api/v1/agents/{AGENT}/channels/production": {
            "agent": AGENT,
            "channel": "production",
            "generation": 3,
            "digest": DIGESTS[2],
            "moved_at": at(41),
        },
        f"/api/v1/agents/{AGENT}/instances": {"items": [_instance(1), _instance(2)]},
        "/api/v1/releases": {"items": [_release(number) for number in (1, 2, 3)]},
        "/api/v1/releases/decisions": {"items": [_registry_decision()], "next_cursor": None},
        "/api/v1/proposals": {"items": views, "next_cursor": None},
        "/api/v1/clusters": {"items": _clusters(), "next_cursor": None},
        "/api/v1/examples/counts": _counts(DIGESTS[2], 99),
        "/api/v1/ledger": ledger(),
        "/api/v1/experiments": {"items": [gathering()], "next_cursor": None},
        "/api/v1/experiments/exp-gathering": gathering(),
    }
    for view in views:
        answers[f"/api/v1/proposals/{view['proposal']['proposal_id']}"] = view
    return answers


def _registry_decision() -> dict[str, Any]:
    return {
        "proposal_id": "prop-000000000000",
        "agent": AGENT,
        "state": "refused",
        "reason": "approved by 'ada', allowed are grace",
        "attempts": 1,
        "decided_at": at(30),
    }


def _release(number: int) -> dict[str, Any]:
    return {
        "agent": AGENT,
        "sequence": number,
        "digest": DIGESTS[number - 1],
        "commit": f"{number}" * 40,
        "proposal_id": f"import-{AGENT}" if number == 1 else "prop-000000000000",
        "experiment_id": None,
        "approved_by": "ada",
        "released_at": at(number * 12),
    }


def _instance(number: int) -> dict[str, Any]:
    refused = number == 2
    return {
        "agent": AGENT,
        "instance_id": f"procurement-7d9f{number}-xk2lw",
        "channel": "production",
        "desired_generation": 3,
        "applied_generation": 2 if refused else 3,
        "applied_digest": DIGESTS[1] if refused else DIGESTS[2],
        "state": "refused" if refused else "applied",
        "error": "rules.yaml:9: rules.1.when: the model of this build has no field `increase`"
        if refused
        else "",
        "replay_url": None,
        "reported_at": at(57),
    }


def _clusters() -> list[dict[str, Any]]:
    department = Condition(fact="request.department", op="eq", value="Security")
    vendor = Condition(fact="request.vendor", op="eq", value="CloudNine")
    amount = Condition(fact="request.amount", op="ge", value=5000)
    rows = (
        ("override:flag-for-review->approve", "Security is flagged", (department, amount), 12),
        ("override:approve->flag-for-review", "CloudNine is approved", (vendor,), 9),
        ("evaluation:tool_error", "check_budget fails", (), 3),
    )
    return [
        {
            "cluster_id": f"c-{number}a91",
            "agent": AGENT,
            "name": name,
            "status": "resolved" if number == 2 else "open",
            "failure": failure,
            "conditions": [as_json(one) for one in conditions],
            "size": size,
            "trend_per_day": 1.5,
            "members": [TRACE] * size,
            "revision": 1,
            "first_seen_at": at(1),
            "updated_at": at(45),
        }
        for number, (failure, name, conditions, size) in enumerate(rows)
    ]


def _counts(digest: str, correct: int) -> dict[str, Any]:
    n = 130
    return {
        "agent": AGENT,
        "config_digest": digest,
        "pending": 0,
        "n": n,
        "correct": correct,
        "agreement": correct / n,
        "ci_low": correct / n - 0.09,
        "ci_high": correct / n + 0.08,
        "reviews": n,
        "head": n,
    }


def counts_at(release: int) -> dict[str, Any]:
    """Counts under the config of one release."""
    return _counts(DIGESTS[release - 1], (70, 86, 99)[release - 1])
