"""Rows and settings to trained replicates."""
