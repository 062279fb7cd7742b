"""What the pages show, computed from what other services answered. Pure."""
