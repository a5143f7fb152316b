"""Scenario files and what was typed to a checked plan."""
