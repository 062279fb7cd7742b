"""One count a config: what was remembered by split is added up; the old table stays."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Z = 1.959963984540054


def upgrade() -> None:
    made = op.create_table(
        "console_config_agreement",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(80), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("correct", sa.Integer, nullable=False),
        sa.Column("ci_low", sa.Float, nullable=False),
        sa.Column("ci_high", sa.Float, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
    )
    old = sa.table("console_agreement", *(sa.column(one.name) for one in made.columns))
    total = sa.select(
        old.c.agent,
        old.c.digest,
        sa.func.sum(old.c.n).label("n"),
        sa.func.sum(old.c.correct).label("correct"),
        sa.func.max(old.c.counted_at, type_=sa.DateTime(timezone=True)).label("counted_at"),
    )
    rows = [
        {**row, **_interval(row["n"], row["correct"])}
        for row in op.get_bind().execute(total.group_by(old.c.agent, old.c.digest)).mappings()
        if row["n"]
    ]
    if rows:
        op.bulk_insert(made, rows)


def _interval(n: int, correct: int) -> dict[str, float]:
    """Wilson's, 95 %; written out, since a migration must not change when a library does."""
    share = correct / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * (share * (1 - share) / n + Z * Z / (4 * n * n)) ** 0.5
    return {"ci_low": max(0.0, middle - half), "ci_high": min(1.0, middle + half)}
