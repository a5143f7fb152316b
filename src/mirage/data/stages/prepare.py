"""Stage `prepare`: features brought to one scale, learned from the training rows only."""

from typing import Any, ClassVar, Literal

from mirage.data.split import Splits
from mirage.data.stage import NamedStage
from mirage.data.streams import Streams


class Prepare(NamedStage):
    """A preparation that is fitted to the training rows and applied to every split."""

    table: ClassVar[dict[str, type[Any]]]
    needs_classes = False
    moves = True


class Standardise(Prepare):
    """scikit-learn's StandardScaler: mean 0 and standard deviation 1 on the training rows, feature by feature.

    Fitted on the training rows as they are at its place in the order, never on rows that are held out: a scaler that
    has seen the test rows is a leak.
    """

    name: Literal["standardise"]

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """Every split, scaled by what the training rows say."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(splits["train"].x)
        return {name: split.with_rows(scaler.transform(split.x), split.y) for name, split in splits.items()}
