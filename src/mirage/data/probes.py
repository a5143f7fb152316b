"""Numbers from pairs of inputs that stand close together."""

from mirage.data.law import Decide
from mirage.data.split import Array


def probe_numbers(predicted: Array, decide: Decide) -> dict[str, float]:
    """How far the probability rises from the lower probe to the upper (`probe_step`); whether decisions differ.

    `predicted` [2] has the probabilities of the two probes; `probe_flips` is 1 where their decisions differ, else 0.
    """
    low, high = predicted
    decided = decide(predicted)
    return {"probe_step": float(high - low), "probe_flips": float(decided[0] != decided[1])}
