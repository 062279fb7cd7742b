"""What a proposal goes through; knows nothing of git, SQL or HTTP."""
