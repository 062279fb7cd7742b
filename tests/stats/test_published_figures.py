"""What docs/acceptance.md says of power is what the code computes."""

import re
from pathlib import Path

import pytest

from libs.stats.alpha import AlphaBudget
from libs.stats.noninferiority import examples_for_margin
from libs.stats.paired import mcnemar_one_sided, wins_needed
from libs.stats.power import examples_needed, power_of_paired_test

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "acceptance.md").read_text()
RATES = ((0.05, 0.01), (0.10, 0.02), (0.15, 0.03), (0.20, 0.04), (0.30, 0.05))


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after these words, without its head."""
    table = TEXT.split(after, 1)[1].split("\n|", 1)[1].split("\n\n", 1)[0]
    lines = ("|" + table).split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("after", "level"),
    [("passes the first test", 0.04), ("After one refusal (level 0.008)", 0.008)],
)
def test_the_power_tables_are_computed(after: str, level: float) -> None:
    table = rows(after)
    assert len(table) == 5
    for n, *cells in table:
        for cell, (win, loss) in zip(cells, RATES, strict=True):
            assert float(cell) == pytest.approx(
                power_of_paired_test(int(n), win, loss, level), abs=0.0051
            )


def test_the_level_table_is_computed() -> None:
    table = rows("### Levels")
    assert len(table) == 6
    for verdicts, level, *wins in table:
        history = [word == "accepted" for word in re.findall(r"accepted|refused", verdicts)]
        expected = AlphaBudget().level_after(history)
        assert expected is not None
        assert float(level) == pytest.approx(expected.level)
        assert [int(count) for count in wins] == [wins_needed(k, expected.level) for k in range(3)]


def test_the_sizes_are_computed() -> None:
    needed = [str(examples_needed(win, loss, 0.04)) for win, loss in RATES]
    assert f"{', '.join(needed[:-1])} and {needed[-1]} sealed examples" in TEXT
    margins = [float(cell) for cell in re.findall(r"\| margin \|(.*)\|", TEXT)[0].split("|")]
    examples = [int(cell) for cell in re.findall(r"\| examples \|(.*)\|", TEXT)[0].split("|")]
    assert examples == [examples_for_margin(margin) for margin in margins]


def test_the_example_report_is_a_true_one() -> None:
    sentence = r"(\d+) wins against (\d+) losses on 52 examples, p = ([\d.]+)"
    wins, losses, p = re.findall(sentence, TEXT)[0]
    assert float(p) == pytest.approx(mcnemar_one_sided(int(wins), int(losses)), rel=1e-3)
