"""Wires the registry of runtime config."""

from datetime import timedelta

from libs.contracts.api import ChannelPointer
from libs.contracts.events import EvaluationRecorded, LiveTestFinished, ProposalDecided
from libs.runtime import App, Deps
from libs.runtime.hints import open_hints
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.channels_sql import read_pointer
from services.runtime_config.adapters.hub import MOVED, Hub, ReadPointer
from services.runtime_config.adapters.instances_sql import forget_silent
from services.runtime_config.adapters.keys import Keys
from services.runtime_config.adapters.review_gate import ReviewGate
from services.runtime_config.adapters.trials import Trials
from services.runtime_config.api.bundles import bundles_router
from services.runtime_config.api.channels import channels_router
from services.runtime_config.api.instances import instances_router
from services.runtime_config.api.ofrep import ofrep_router
from services.runtime_config.api.releases import releases_router
from services.runtime_config.api.stream import stream_router
from services.runtime_config.handlers.decisions import CanaryWeights, Decisions
from services.runtime_config.handlers.live_tests import LiveTests
from services.runtime_config.metrics import RegistryMetrics
from services.runtime_config.settings import RuntimeConfigSettings

KEY_FILE = "signing.key"
FORGET_SECONDS = 600.0


def build(deps: Deps) -> App:
    """The service, not started."""
    app = App("runtime_config", deps)
    settings = load_settings(RuntimeConfigSettings)
    metrics = RegistryMetrics(app.metrics.registry)
    database = Database.for_service(app, "services.runtime_config.migrations")
    keys = Keys(database, settings, deps.settings.home / KEY_FILE, app.clock)
    hub, hints = Hub(_reader(database)), open_hints(deps.settings.redis_url)
    hints.listen(MOVED, hub.hear)
    channels = Channels(database, hub, hints, app.clock)
    trials = Trials(app, database, channels, settings.trial_rules(), metrics)
    decisions = Decisions(
        app=app,
        database=database,
        gate=ReviewGate(app.client("review_gate")),
        channels=channels,
        signer=keys.signer,
        policy=settings.policy(),
        weights=CanaryWeights(settings.canary_weight, settings.procedure_canary_weight),
        metrics=metrics,
    )

    async def forget_silent_instances() -> None:
        async with database.transaction() as tx:
            await forget_silent(tx, app.clock.now() - timedelta(days=settings.instance_days))

    app.on_start(keys.load)
    app.on_start(hints.start)
    app.subscribe(ProposalDecided, decisions.on_decided)
    app.subscribe(EvaluationRecorded, trials.observe)
    live_tests = LiveTests(app, database, channels, settings.promote_confirmed)
    app.subscribe(LiveTestFinished, live_tests.on_finished)
    app.every(settings.sweep_seconds, decisions.sweep)
    app.every(settings.watch_seconds, hub.watch)
    app.every(FORGET_SECONDS, forget_silent_instances)
    app.on_drain(hub.close)
    app.on_stop(hints.stop)
    app.api.include_router(stream_router(channels, hub, metrics, settings.heartbeat_seconds))
    app.api.include_router(channels_router(database, channels, trials))
    app.api.include_router(bundles_router(database))
    app.api.include_router(releases_router(database, keys))
    app.api.include_router(instances_router(database, app.clock, metrics))
    app.api.include_router(ofrep_router(database))
    return app


def _reader(database: Database) -> ReadPointer:
    async def read(agent: str, channel: str) -> ChannelPointer | None:
        async with database.read() as connection:
            return await read_pointer(connection, agent, channel)

    return read


if __name__ == "__main__":
    run(build)
