"""The composition root: the embedded platform and the platform's commands."""
