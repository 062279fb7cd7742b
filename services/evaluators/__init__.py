"""Online evaluation: completed traces in, evaluations out."""
