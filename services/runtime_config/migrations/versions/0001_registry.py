"""Bundles, releases, channels, decisions, instances, keys and canary trials."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _bundles_and_releases()
    _channels()
    _decisions()
    _instances_and_keys()
    _trials()


def _bundles_and_releases() -> None:
    op.create_table(
        "config_bundles",
        sa.Column("digest", sa.String(71), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "config_releases",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("proposal_id", sa.String(200), nullable=True),
        sa.Column("experiment_id", sa.String(200), nullable=True),
        sa.Column("approved_by", sa.String(200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("agent", "proposal_id", name="config_releases_once"),
    )


def _channels() -> None:
    op.create_table(
        "config_channels",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("channel", sa.String(63), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("canary", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "config_moves",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("channel", sa.String(63), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("previous_digest", sa.String(71), nullable=True),
        sa.Column("canary", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("moved_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
    )


def _decisions() -> None:
    op.create_table(
        "config_decisions",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("natural_id", sa.String(400), nullable=False, unique=True),
        sa.Column("proposal_id", sa.String(200), nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("config_decisions_waiting", "config_decisions", ["state", "agent"])


def _instances_and_keys() -> None:
    op.create_table(
        "config_instances",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("instance_id", sa.String(200), primary_key=True),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("desired_generation", sa.Integer, nullable=False),
        sa.Column("applied_generation", sa.Integer, nullable=True),
        sa.Column("applied_digest", sa.String(71), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("replay_url", sa.Text, nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "config_signing_keys",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("endorsements", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def _trials() -> None:
    op.create_table(
        "config_trials",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("channel", sa.String(63), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
    )
    op.create_table(
        "config_trial_runs",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("channel", sa.String(63), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("evaluator", sa.String(200), primary_key=True),
        sa.Column("trace_id", sa.String(64), primary_key=True),
    )
