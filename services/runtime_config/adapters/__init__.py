"""SQL, keys on disk, the review gate over HTTP."""
