"""What a data law is: settings, the rows it draws, and what it knows of the truth behind them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from mirage.data.split import Array, Splits
from mirage.settings import Block

Decide = Callable[[Array], Array]  # probabilities [row] to decisions [row]


class Law(Block):
    """A data law. Its settings are its fields; a subclass in a file of its own draws the rows.

    A law that knows the truth behind its rows has a method that a reference may ask: ``line(x)``, the value that noise
    was added to, or ``probability(x, share)``, the true probability of class 1 (see `mirage.metrics.references`).
    """

    table: ClassVar[dict[str, type[Any]]]
    classes: ClassVar[bool]
    """Whether y is 0 or 1."""
    several_models: ClassVar[bool] = False
    """Whether one replicate may be several models."""

    redraws: ClassVar[bool] = True
    """Whether several models may draw rows of their own: not from one set, where test rows would be among them."""

    yes_no: ClassVar[tuple[str, ...]] = ()
    """Those of its `numbers` that are 0 or 1 in every replicate."""

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """The rows of every split, `train` first, from the streams `data` and `split`.

        Raises CannotDraw if the settings give no usable rows.
        """
        raise NotImplementedError

    def streams(self) -> set[str]:
        """The streams that `draw` reads."""
        return {"data"}

    def held_out(self) -> dict[str, int]:
        """How many rows the splits have that the law draws beside `train`."""
        sizes = {"test": getattr(self, "n_test", 0), "validation": getattr(self, "n_validation", 0)}
        return {name: rows for name, rows in sizes.items() if rows}

    def informative(self) -> int | None:
        """How many of the first features say something, None where the law does not set it."""
        return None

    def numbers(self, scores: Mapping[str, Array], decide: Decide) -> dict[str, float]:
        """Numbers without a split that follow from the scores [row] of the law's own splits."""
        return {}

    def content(self) -> str:
        """A hash of the data file that the law reads, nothing where it reads none."""
        return ""
