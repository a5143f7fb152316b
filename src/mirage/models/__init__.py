"""Model kinds, their layers and initial variables, and how networks are fitted."""
