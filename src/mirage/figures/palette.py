"""Colours and marks that mean the same in every figure.

An arm keeps its colour, references are grey lines, every replicate is shown or banded, and the first seed of an example
as written - what a reader who ran it once would have seen - carries a black star.
"""

from typing import Any

# Okabe and Ito's palette, which colour-blind readers can tell apart.
UNTREATED = "#D55E00"  # the network as the article has it first
TREATED = "#0072B2"  # the same with the remedy
OTHER = "#009E73"  # a second remedy
FURTHER = ("#CC79A7", "#E69F00", "#56B4E9")  # where a panel shows more than three
REFERENCE = "#6B6B6B"
INK = "#1A1A1A"
NEGLIGIBLE = "#DEDEDE"  # the stripe of what would not matter
CLAIMED = "#CFE9DD"  # the same stripe where it is what is claimed
BACKGROUNDS = {"as_written": "#F7F4F1", "controlled": "#F1F5F8", "real": "#F3F6F1"}  # by kind of scenario
FIRST_SEED: dict[str, Any] = {
    "color": INK,
    "marker": "*",
    "markersize": 15,
    "markeredgecolor": "white",
    "linestyle": "none",
}

# What references are called and how their grey lines look, the same in every panel.
REFERENCES = {
    "true_line": ("true line", "--"),
    "bayes": ("best possible rule", "--"),
    "least_squares": ("fitted straight line", ":"),
    "majority_class": ("always the larger class", ":"),
    "mean_target": ("always the mean", ":"),
}

_HOLDS, _FAILS, _OPEN, _FADED = "#00795A", "#C22F0D", "#8A6500", "#5B5B5B"
VERDICT_COLOURS = {
    "holds": _HOLDS,
    "fails_opposite": _FAILS,
    "fails_no_effect": _FAILS,
    "fails": _FAILS,
    "at_margin": _OPEN,
    "undefined": _FADED,
    "open": _OPEN,
    "also": _HOLDS,
    "not": _FAILS,
    "unclear": _FADED,
}
VERDICT_SIGNS = {
    "holds": "✓",
    "fails_opposite": "✗",
    "fails_no_effect": "✗",
    "fails": "✗",
    "at_margin": "≈",
    "undefined": "–",
    "open": "?",
    "also": "✓",
    "not": "✗",
    "unclear": "?",
}


def reference_style(reference: str) -> tuple[str, str]:
    """What a reference is called in a legend, and the style of its line; a new one goes by its own name."""
    return REFERENCES.get(reference, (reference.replace("_", " "), "-."))
