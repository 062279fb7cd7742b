"""Wires the review gate."""

from libs.clients import TracesClient
from libs.contracts.events import ExperimentFinished, ProposalDrafted
from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.review_gate.adapters.changes_sql import SqlChanges
from services.review_gate.adapters.forge_github import GitHubForge
from services.review_gate.adapters.forge_local import LocalForge
from services.review_gate.adapters.reviews_sql import SqlReviews
from services.review_gate.adapters.trace_texts import ApiTraceTexts
from services.review_gate.api.config_repo import config_repo_router
from services.review_gate.api.proposals import proposals_router
from services.review_gate.domain.backoff import Backoff
from services.review_gate.domain.changes import ByHand
from services.review_gate.domain.decisions import Decisions
from services.review_gate.domain.gate import Gate
from services.review_gate.domain.imports import Imports
from services.review_gate.domain.settlement import Settlement
from services.review_gate.handlers import Handlers, Sweep
from services.review_gate.settings import ReviewGateSettings


def build(deps: Deps) -> App:
    """The service, not started."""
    app = App("review_gate", deps)
    settings = load_settings(ReviewGateSettings)
    database = Database.for_service(app, "services.review_gate.migrations")
    reviews = SqlReviews(database)
    forge = _forge(app, settings)
    settlement = Settlement(reviews, forge, settings.policy(), app.clock.now)
    decisions = Decisions(settlement)
    texts = ApiTraceTexts(TracesClient(app.client("traces")))
    gate = Gate(reviews, forge, texts, settlement)
    backoff = Backoff(app.clock.monotonic, settings.sweep_seconds)
    handlers = Handlers(app, reviews, gate, backoff)
    imports = Imports(settlement)
    by_hand = ByHand(settlement, SqlChanges(database), imports)
    sweep = Sweep(app, settlement.finish_claimed, handlers.advance_waiting, decisions.expire)
    following = Sweep(app, decisions.watch, by_hand.finish_claimed, settlement.close_outdated)
    # GitHub counts requests; a repository on disk does not.
    following_seconds = settings.github_watch_seconds if forge.watches else settings.sweep_seconds

    app.subscribe(ProposalDrafted, handlers.keep_draft)
    app.subscribe(ExperimentFinished, handlers.open_or_refuse)
    app.on_start(sweep.run)
    app.every(settings.sweep_seconds, sweep.run)
    app.on_start(Sweep(app, by_hand.finish_claimed).run)
    app.every(following_seconds, following.run)
    app.api.include_router(proposals_router(reviews, decisions))
    app.api.include_router(config_repo_router(imports, by_hand))
    return app


def _forge(app: App, settings: ReviewGateSettings) -> LocalForge | GitHubForge:
    if settings.forge == "github":
        github = GitHubForge.from_settings(
            settings.github_url,
            settings.github_repo,
            settings.github_token.get_secret_value(),
            settings.bot_name,
        )
        app.on_stop(github.close_client)
        return github
    local = LocalForge(app.deps.settings.home / "config-repo.git")
    app.on_start(local.open)
    return local


if __name__ == "__main__":
    run(build)
