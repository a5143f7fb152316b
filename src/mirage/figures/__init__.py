"""Figures: style, marks, panels and pages, drawn from results only."""
