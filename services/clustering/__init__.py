"""Failures with one cause become clusters with stable ids."""
