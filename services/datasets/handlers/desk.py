"""Turns waiting feedback into examples, as soon as traces has stored the runs."""

from collections.abc import Sequence

from pawl_sdk.bundle import Task, is_name

from libs.clients import RuntimeConfigClient, TracesClient
from libs.contracts.events import FeedbackRecorded
from libs.jobs import Done, Job, Later, Outcome, Refused
from libs.storage import Transaction
from services.datasets.adapters.reviews_sql import ReviewStore
from services.datasets.domain.example import (
    Example,
    NotYetReadable,
    UnusableFeedback,
    agent_of,
    example_of,
)

TRACE_SECONDS_MAX = 300.0
CONFIG_SECONDS_MAX = 3600.0
"""A release wakes what waits for it; this is for a release that nobody told of."""


class _NoTask(NotYetReadable):
    """The agent's config does not say yet what its answers are."""


class ReviewDesk:
    """`read` is the work of one job of the pending feedback, `store` keeps what came of many."""

    def __init__(
        self, reviews: ReviewStore, traces: TracesClient, configs: RuntimeConfigClient
    ) -> None:
        self._reviews = reviews
        self._traces = traces
        self._configs = configs

    async def read(self, job: Job) -> Outcome[Example]:
        """The example, or why there is none yet, or why there will be none."""
        feedback, agent = FeedbackRecorded.model_validate_json(job.payload), job.lane
        try:
            # Without its task the trace need not be read.
            task = await self._task(agent) if agent else None
            tree = await self._traces.tree(feedback.project, feedback.trace_id)
            if tree is None:
                return Later("the trace is not stored yet", TRACE_SECONDS_MAX, agent)
            ran = agent_of(feedback, tree)
            if task is None or ran != agent:
                agent = ran
                task = await self._task(agent)
            return Done(example_of(feedback, tree, agent, task))
        except UnusableFeedback as error:
            return Refused(str(error))
        except _NoTask as error:
            return Later(str(error), CONFIG_SECONDS_MAX, agent)
        except NotYetReadable as error:
            return Later(str(error), TRACE_SECONDS_MAX, agent)

    async def _task(self, agent: str) -> Task:
        """What the agent's present config says about labels and groups."""
        if not is_name(agent):
            raise UnusableFeedback(f"no config can have the agent's name {agent!r}")
        bundle = await self._configs.served(agent)
        if bundle is None:
            raise _NoTask(f"agent {agent} has no released config yet")
        if bundle.spec.task is None:
            raise _NoTask(f"agent.yaml of {agent} has no task: add task.label")
        return bundle.spec.task

    async def store(self, tx: Transaction, done: Sequence[tuple[Job, Example]]) -> None:
        """What is stored together keeps the order in which it was said.

        Agents in the order of their names, so that no two replicas wait for each other.
        """
        causes = await tx.causes([job.job_id for job, _ in done])
        examples = sorted(
            (one for _, one in done), key=lambda one: (one.recorded_at, one.review_id)
        )
        for agent in sorted({one.agent for one in examples}):
            mine = [one for one in examples if one.agent == agent]
            events = await self._reviews.append(tx, agent, mine)
            await tx.publish_many(events, [causes.get(one.review_id, "") for one in events])
