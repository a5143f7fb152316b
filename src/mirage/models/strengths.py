"""The setting of a model kind that says how strong its penalty is."""

STRENGTHS = ("inverse_penalty", "alpha")  # what kinds that have one call it, scikit-learn's C included
