"""`pawl try FILE`: what Pawl would have learned from a log of past decisions.

Pure but for `decoding` (reads the file) and `run` (reads, plays, writes): rows come in
(`decoding`, `csv_rows`, `json_rows`), columns get a part (`guessing`, `labels`, `facts_of_rows`),
the rows are played in order, and what came of it (`result`, `outlook`) is told as text, HTML, JSON
or rules. All text of the file is hostile: `plain_text` before a terminal, escaping before a page.
"""
