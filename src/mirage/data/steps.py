"""Fresh rows moved a step along the decisive feature without leaving their class, and how often that is felt."""

from collections.abc import Mapping

import numpy as np

from mirage.data.split import LOOKED_AT, Array, CannotDraw, Split, Splits


def stepped(n: int, n_features: int, boundary: float, length: float, data: np.random.Generator) -> Splits:
    """`n` fresh rows, half a step down (`stepped_low`) and half a step up (`stepped_high`) the first feature.

    The middle of a step of this `length` is uniform over all places where both ends lie between 0 and 1 and on one side
    of the boundary, so that a rule that turns there gives both ends the same label.

    Raises CannotDraw if there is no such place.
    """
    half = length / 2
    starts = np.array([0, boundary]) + half  # where a middle may lie, class by class
    room = np.maximum(np.array([boundary, 1]) - half - starts, 0)
    if length <= 0 or not room.any():
        raise CannotDraw(f"data.probe_high: got a step of {length:g} from the lower probe, expected one within a class")
    x = data.random((n, n_features))
    place = x[:, 0] * room.sum()  # along the places of both classes, laid end to end
    above = place >= room[0]
    x[:, 0] = np.where(above, starts[1] + place - room[0], starts[0] + place)
    step = half * np.eye(1, n_features)
    ends = {"stepped_low": x - step, "stepped_high": x + step}
    return {name: Split(moved, above.astype(int), LOOKED_AT) for name, moved in ends.items()}


def jump_share(scores: Mapping[str, Array], jump: float) -> float:
    """The share of stepped rows whose probability moves by more than `jump`."""
    return float(np.mean(np.abs(scores["stepped_high"] - scores["stepped_low"]) > jump))
