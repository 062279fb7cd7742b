"""Who sees what of experiments and the ledger."""

from pathlib import Path

from libs.runtime.keys import KeysFile, new_key, write_keys
from tests.services.experiments.bench import Bench, gathering, open_bench, seen
from tests.services.experiments.test_exact_evidence import HEAD, in_department
from tests.services.experiments.world import AGENT, SECURITY, World


async def test_figures_are_for_everybody_who_may_read_the_agent(
    tmp_path: Path,
) -> None:
    """Nothing is secret of evidence that did not exist when the candidate was frozen."""
    secrets, entries = {}, []
    for name, agents in (("miner", {AGENT}), ("stranger", None)):
        secrets[name], entry = new_key(
            name,
            frozenset({"read"}),
            frozenset({"demo"}),
            agents=frozenset(agents) if agents else None,
        )
        entries.append(entry)
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=tuple(entries)))
    async with open_bench(tmp_path, World(), keys_file=tmp_path / "keys.yaml") as bench:
        await bench.get("experiments", expect=401, agent=AGENT)
        bench.http.headers["x-api-key"] = secrets["miner"]
        await bench.announce()
        await bench.learn(range(HEAD))
        view = await gathering(bench, [SECURITY])
        await bench.learn(in_department("Security", 2))
        told = await seen(bench, HEAD + 2)
        assert told.evidence is not None
        assert told.evidence.wins == 2
        assert (await bench.ledger()).entries[0].evidence == told.evidence
        bench.http.headers["x-api-key"] = secrets["stranger"]
        assert (await bench.get("experiments"))["items"] == []
        assert (await bench.get("experiments", agent=AGENT))["items"] == []
        await bench.get(f"experiments/{view.experiment_id}", expect=404)
        assert AGENT in (await bench.get("ledger", expect=403, agent=AGENT))["detail"]


async def test_an_unknown_experiment_is_a_404_that_names_it(bench: Bench) -> None:
    answer = await bench.get("experiments/exp-nothing", expect=404)
    assert "exp-nothing" in answer["detail"]
