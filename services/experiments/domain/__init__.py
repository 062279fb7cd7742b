"""What a verdict follows from. Pure: no clock, no disk, no network."""
