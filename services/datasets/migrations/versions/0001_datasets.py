"""Reviews in their order, and feedback that is none yet."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _reviews() -> None:
    op.create_table(
        "datasets_reviews",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("review_id", sa.String(200), nullable=False),
        sa.Column("example_key", sa.String(200), nullable=False),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("group_key", sa.String(200), nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("input", sa.JSON, nullable=False),
        sa.Column("expected", sa.JSON, nullable=False),
        sa.Column("answered", sa.JSON, nullable=True),
        sa.Column("base", sa.JSON, nullable=True),
        sa.Column("correct", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("precedent", sa.String(200), nullable=True),
        sa.Column("config_digest", sa.String(80), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("review_id", name="datasets_reviews_once"),
    )
    columns = ["agent", "example_key", "position"]
    op.create_index("datasets_reviews_by_example", "datasets_reviews", columns)


def _pending() -> None:
    op.create_table(
        "datasets_pending",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("job_id", sa.String(200), nullable=False, unique=True),
        sa.Column("lane", sa.String(200), nullable=True),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("datasets_pending_by_time", "datasets_pending", ["state", "due_at"])
    op.create_index("datasets_pending_by_lane", "datasets_pending", ["lane", "state"])


def upgrade() -> None:
    op.create_table(
        "datasets_heads",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    _reviews()
    _pending()
