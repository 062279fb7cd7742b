"""How well the learner learns, on cases with hidden rules: `python -m benchmarks.learning`."""
