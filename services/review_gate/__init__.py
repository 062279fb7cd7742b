"""Risk policy, pull requests (local git or GitHub) and decisions."""
