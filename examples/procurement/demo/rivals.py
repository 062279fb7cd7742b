"""Feeds the learners of the shelf: facts from the platform, counted on the same fresh requests."""

import asyncio
from collections.abc import Mapping, Sequence

from examples.procurement.demo.agent_api import Ran
from examples.procurement.demo.baselines import Labelled, boosting_right, tree_right
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.fresh import STEP
from examples.procurement.demo.loop import Loop
from examples.procurement.demo.state import Rivals
from libs.contracts.api import ExampleView
from libs.facts import facts_of

TRACES_A_TIME = 100


async def count_rivals(loop: Loop, ran: Mapping[str, Ran]) -> None:
    """With the reviews of the first cycle, and with all of them."""
    fresh = await _fresh(loop, ran)
    views = await loop.api.datasets.examples(loop.mining.agent)
    state = loop.state
    first = state.cycles[0].reviews
    with loop.screen.step(STEP, "a tree and boosting, same reviews", 2) as tick:
        state.rivals_after_first = await asyncio.to_thread(_rivals, _labelled(views[:first]), fresh)
        tick()
        state.rivals_final = (
            await asyncio.to_thread(_rivals, _labelled(views), fresh)
            if len(views) > first
            else state.rivals_after_first
        )
        tick()
    loop.save()


async def _fresh(loop: Loop, ran: Mapping[str, Ran]) -> list[Labelled]:
    """What each live run knew, as its trace says."""
    traces = {one.trace_id: key for key, one in ran.items()}
    digest = next(iter(ran.values())).digest
    with loop.screen.step(STEP, "traces found again", len(traces)) as tick:
        await loop.intake.stored(traces, digest, tick)
    facts = {}
    for part in _parts(list(traces)):
        for tree in await loop.api.trees.many(loop.project, part):
            facts[traces[tree.summary.trace_id]] = facts_of(tree)
    missing = len(ran) - len(facts)
    if missing:
        raise DemoError(f"expected the traces of {len(ran)} runs, {missing} are not there")
    reviews = loop.case.fresh_reviews
    return [Labelled(facts[key], reviews[key].decision) for key in sorted(facts)]


def _labelled(views: Sequence[ExampleView]) -> list[Labelled]:
    """In the order of their keys: how the log was delivered must not show."""
    ordered = sorted(views, key=lambda one: one.example_key)
    return [Labelled(one.facts, str(one.expected)) for one in ordered]


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + TRACES_A_TIME] for start in range(0, len(ids), TRACES_A_TIME)]


def _rivals(known: Sequence[Labelled], fresh: Sequence[Labelled]) -> Rivals:
    return Rivals(
        reviews=len(known), tree=tree_right(known, fresh), boosting=boosting_right(known, fresh)
    )
