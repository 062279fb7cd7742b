"""What an example is. Pure: no clock, no disk, no network."""
