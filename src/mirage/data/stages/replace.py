"""Stage `replace`: some training rows give way to others of the same law."""

from mirage.data.split import PART_OF_TRAIN, CannotDraw, Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import whole


class Replace(Stage):
    """Put validation rows in the places of `rows` training rows; 0 leaves all of them.

    The validation rows are spare rows and nothing else: the split goes. The stream `split` says which places are
    filled, the stream `resample` with which rows. So models of one replicate that differ in `resample` differ in these
    rows and in no other.
    """

    needs_classes = False
    rows: int = whole("training rows that are replaced by validation rows")

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` with other rows in some places, and the other splits but the spare rows.

        Splits of training rows go, too, as the rows in them may be gone.
        """
        train, spare = splits["train"], splits.get("validation")
        most = min(len(train.y), 0 if spare is None else len(spare.y))
        if spare is None or self.rows > most:
            raise CannotDraw(
                f"stages.replace.rows: got {self.rows}, expected at most {most}: "
                "no more than there are training rows, and validation rows to replace them with"
            )
        places = streams.generator("split").permutation(len(train.y))[: self.rows]
        taken = streams.generator("resample").permutation(len(spare.y))[: self.rows]
        x, y = train.x.copy(), train.y.copy()
        x[places], y[places] = spare.x[taken], spare.y[taken]
        gone = [name for name, split in splits.items() if name == "validation" or split.role == PART_OF_TRAIN]
        kept = {name: split for name, split in splits.items() if name not in gone}
        return kept | {"train": train.with_rows(x, y)}

    def streams(self) -> set[str]:
        """`split` and `resample`."""
        return {"split", "resample"}
