"""Scores to decisions, numbers and references."""
