"""A law, stages and streams to the rows of every split."""

from collections.abc import Sequence

import numpy as np

from mirage.data.law import Law
from mirage.data.split import SCORED, CannotDraw, Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams


def draw(law: Law, stages: Sequence[Stage], streams: Streams) -> Splits:
    """Draw the rows of every split and take them through the stages in order; split `train` comes first.

    Raises
    ------
    CannotDraw
        If a scored split of a law with classes would lack one, or a stage cannot do its work on these rows.
    """
    splits = law.draw(streams.generator("data"), streams.generator("split"))
    for stage in stages:
        splits = stage.apply(splits, streams)
    if law.classes:
        for name, split in splits.items():
            if split.role == SCORED and len(np.unique(split.y)) < 2:
                raise CannotDraw(
                    f"data: got {len(split.y)} rows of one class only in {name} (seed {streams.seed}), "
                    "expected both classes"
                )
    return splits
