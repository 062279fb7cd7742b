"""What must hold of the loop after every fault: each word counts once, each change ships once."""

from tests.faults.people import BAD_VENDOR, People


async def released_and_moved(people: People, agent: str) -> tuple[int, list[int]]:
    """How many releases an agent has, and how often each of its channels moved."""
    releases = await people.read("runtime_config", "/api/v1/releases", agent=agent)
    path = f"/api/v1/agents/{agent}/channels"
    names = [one["channel"] for one in (await people.read("runtime_config", path))["items"]]
    moves = [await people.read("runtime_config", f"{path}/{name}/moves") for name in names]
    return len(releases["items"]), [len(one["items"]) for one in moves]


async def promotions(people: People, agent: str) -> list[dict[str, object]]:
    """Tests that promoted something, as the ledger has them; a live test may open beside them."""
    ledger = await people.read("experiments", "/api/v1/ledger", agent=agent)
    return [one for one in ledger["entries"] if one["outcome"] == "promoted"]


async def unproven(people: People, agent: str, run_id: str) -> str:
    """Empty when the run has ended with one accepted change, counted once everywhere."""
    run = await people.read("miner", f"/api/v1/mining-runs/{run_id}")
    if run["state"] != "settled":
        return f"the mining run is {run['state']}: {run['note']}"
    proposals = await people.read("review_gate", "/api/v1/proposals", agent=agent)
    states = {one["proposal"]["proposal_id"]: one["state"] for one in proposals["items"]}
    assert set(states) == set(run["proposal_ids"])
    experiments = await people.read("experiments", "/api/v1/experiments", agent=agent)
    tested = [one["proposal_id"] for one in experiments["items"]]
    assert sorted(tested) == sorted(run["proposal_ids"]), "each proposal is tried once"
    ledger = (await people.read("experiments", "/api/v1/ledger", agent=agent))["entries"]
    assert [one["test_number"] for one in ledger] == list(range(1, len(ledger) + 1))
    assert [one["outcome"] for one in ledger].count("promoted") == 1
    done = await released_and_moved(people, agent)
    if list(states.values()).count("approved") != 1 or done != (2, [2]):
        return f"proposals {states}, releases, and moves by channel: {done}"
    return ""


async def miscounted(people: People, agent: str) -> str:
    """Empty when every word is one review, and the bad vendor's runs are one cluster."""
    bad = {
        trace_id for trace_id, document in people.runs.items() if document["vendor"] == BAD_VENDOR
    }
    found = await people.read("datasets", "/api/v1/examples/counts", agent=agent)
    if found["pending"] or {found[name] for name in ("n", "reviews", "head")} != {len(people.runs)}:
        return f"examples: {found}"
    clusters = await people.read("clustering", "/api/v1/clusters", agent=agent, status="open")
    sizes = [one["size"] for one in clusters["items"]]
    members = [set(one["members"]) for one in clusters["items"]]
    whole = bad in members and max(sizes) == len(bad)
    return "" if whole else f"clusters of {sizes}, wanted one of {len(bad)}"
