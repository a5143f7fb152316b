"""Rows: laws that draw them, stages that change them, streams that randomness comes from."""
