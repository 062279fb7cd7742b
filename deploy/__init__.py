"""Deployment: what runs where."""
