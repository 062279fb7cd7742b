"""The working table of trace completion."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create `trace_state`."""
    op.create_table(
        "trace_state",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("root_seen", sa.Boolean, nullable=False),
        sa.Column("touches", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(40), nullable=False),
    )
    op.create_index("trace_state_due", "trace_state", ["due_ms"])
    op.create_index("trace_state_last", "trace_state", ["last_ms"])
