"""Evidence in words: pull request, console and terminal say the same of the same figures."""
