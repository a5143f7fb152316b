"""Stage `hold_out`: a part of the training rows becomes a split of its own."""

from typing import Literal

import numpy as np

from mirage.data.split import CannotDraw, Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import number, seed_of, setting


class HoldOut(Stage):
    """scikit-learn's ``train_test_split``: by chance, as in every listing, or class by class (`stratify`)."""

    into: Literal["validation", "test"] = setting("the name of the new split", "one of validation, test")
    share: float = number("share of the training rows", ge=0, lt=1)
    seed: int | None = seed_of("split")
    stratify: bool = setting("hold out the same share of either class", "true or false", default=False)

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` without the held-out rows, then these, then the others.

        A split of the very rows that were divided goes: it would only repeat the parts.
        """
        from sklearn.model_selection import train_test_split

        train = splits["train"]
        x, y = train.x, train.y
        held = int(np.ceil(self.share * len(y)))
        if not 1 <= held < len(y):
            raise CannotDraw(
                f"stages.hold_out.share: got {self.share} of {len(y)} rows, expected at least one row on each side"
            )
        seed = streams.integers("split", 1)[0] if self.seed is None else self.seed
        try:
            x_train, x_held, y_train, y_held = train_test_split(
                x, y, test_size=self.share, random_state=seed, stratify=y if self.stratify else None
            )
        except ValueError:
            counts = ", ".join(map(str, np.bincount(y, minlength=2)))
            raise CannotDraw(
                f"stages.hold_out.stratify: got {counts} rows of the classes, too few to hold out {self.share} of each"
            ) from None
        for name, part in (("train", y_train), (self.into, y_held)):
            if len(np.unique(part)) < len(np.unique(y)):
                counts = ", ".join(map(str, np.bincount(part, minlength=2)))
                raise CannotDraw(
                    f"stages.hold_out.share: got {self.share}, which leaves a class out of {name} ({counts} rows)"
                )
        held_out = {"train": train.with_rows(x_train, y_train), self.into: train.with_rows(x_held, y_held)}
        # The very rows, not equal ones: SMOTE on classes of one size gives equal rows, and what it was given is shown.
        others = {name: split for name, split in splits.items() if split.y is not y}
        return held_out | others

    def streams(self) -> set[str]:
        """`split`, unless the seed is fixed."""
        return {"split"} if self.seed is None else set()

    def adds(self) -> dict[str, float]:
        """The held-out split."""
        return {self.into: self.share}
