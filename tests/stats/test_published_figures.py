"""What docs/acceptance.md says of levels and power is what the code computes."""

import re
from pathlib import Path

import pytest

from libs.acceptance import Lane, Outcome, Spent, next_level
from libs.stats.noninferiority import examples_for_margin
from libs.stats.power import chance_within, reviews_needed
from libs.stats.walk import boundary

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "acceptance.md").read_text()
RATES = ((0.05, 0.01), (0.10, 0.02), (0.12, 0.02), (0.20, 0.04), (0.30, 0.05))


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after these words, without its head."""
    table = TEXT.split(after, 1)[1].split("\n|", 1)[1].split("\n\n", 1)[0]
    lines = ("|" + table).split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("after", "level"),
    [("at the first level (0.036)", 0.036), ("After a first refusal (level 0.002)", 0.002)],
)
def test_the_power_tables_are_computed(after: str, level: float) -> None:
    table = rows(after)
    assert len(table) == 5
    for reviews, *cells in table:
        for cell, (win, loss) in zip(cells, RATES, strict=True):
            assert float(cell) == pytest.approx(
                chance_within(int(reviews), win, loss, level), abs=0.0051
            )


def test_the_level_table_is_computed() -> None:
    table = rows("### Levels")
    assert len(table) == 6
    for tests, exact, *cells in table:
        wins, procedure, e_value = cells[:3], cells[3], cells[4]
        spent = ledger(re.findall(r"(exact|procedure) (accepted|refused)", tests))
        level = next_level("exact", spent).level
        assert float(exact) == pytest.approx(level, rel=0.005)
        assert [int(count) for count in wins] == [boundary(level).wins_more(0, k) for k in range(3)]
        level = next_level("procedure", spent).level
        assert float(procedure) == pytest.approx(level, rel=0.005)
        assert float(e_value) == pytest.approx(1 / level, rel=0.005)


def ledger(tests: list[tuple[Lane, Outcome]]) -> list[Spent]:
    spent: list[Spent] = []
    for lane, outcome in tests:
        spent.append(Spent(lane, next_level(lane, spent).share, outcome))
    return spent


def test_the_sizes_are_computed() -> None:
    needed = [str(reviews_needed(win, loss, 0.036)) for win, loss in RATES]
    said = " ".join(TEXT.split())
    assert f"{', '.join(needed[:-1])} and {needed[-1]} fresh reviews" in said
    margins = [float(cell) for cell in re.findall(r"\| margin \|(.*)\|", TEXT)[0].split("|")]
    examples = [int(cell) for cell in re.findall(r"\| examples \|(.*)\|", TEXT)[0].split("|")]
    assert examples == [examples_for_margin(margin) for margin in margins]
