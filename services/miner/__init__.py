"""Clusters in, proposals out: the smallest change that would fix a group of failures."""
