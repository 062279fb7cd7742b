"""The conditions that facts can spell are such that a rule can say them."""

import json

import pytest
from pawl_sdk.bundle import compile_bundle

from libs.facts import learn_vocabulary, to_cel

SPEC = "{name: buyer, model: none}"


@pytest.mark.parametrize(
    "numbers",
    [
        [5, 7, 9, 1e308, -1e308, 1.7e308, 1e300],
        [1.7e18, 1.8e18, 2**61, -(2**61), 3],
        [1e-300, 2e-300, 5e-324, 0.0],
        [10**300, 3, 4, 10**100],
    ],
    ids=["huge", "nanoseconds", "tiny", "integers"],
)
def test_thresholds_of_any_numbers_stand_in_rules(numbers: list[float]) -> None:
    found = learn_vocabulary([{"n": one} for one in numbers], support_min=1).conditions
    assert found
    for condition in found:
        rules = "rules:\n- {id: r, then: {decision: reject}, added: 2026-01-01, "
        rules += f"when: {json.dumps(to_cel([condition]))}}}\n"
        compile_bundle("buyer", {"agent.yaml": SPEC, "rules.yaml": rules})
