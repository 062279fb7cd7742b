"""From runs to clusters; pure."""
