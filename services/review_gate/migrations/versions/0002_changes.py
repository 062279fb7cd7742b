"""Changes by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "review_changes",
        sa.Column("change_id", sa.String(40), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("change", sa.JSON, nullable=False),
        sa.Column("commit", sa.String(40), nullable=True),
    )
