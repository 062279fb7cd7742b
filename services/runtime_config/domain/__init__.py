"""Rules of releases, channels and canaries. Pure."""
