"""Pure statistics behind every verdict: no I/O, nothing internal. One file a question."""
