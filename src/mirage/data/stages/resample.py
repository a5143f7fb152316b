"""Stage `resample`: SMOTE, random over- and undersampling of the training rows."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from mirage.data.split import Array, CannotDraw, Splits
from mirage.data.stage import NamedStage
from mirage.data.streams import Streams
from mirage.settings import seed_of, whole


class Resample(NamedStage):
    """Make the classes of the training rows equally large; the rows before it stay as the split `original`."""

    table: ClassVar[dict[str, type[Any]]]

    def resampled(self, x: Array, y: Array, seed: int) -> tuple[Array, Array]:
        """The training rows after resampling."""
        raise NotImplementedError

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` resampled, then `original`, then the others."""
        original = splits["train"]
        fixed = getattr(self, "seed", None)
        seed = streams.integers("resample", 1)[0] if fixed is None else fixed
        train = original.with_rows(*self.resampled(original.x, original.y, seed))
        return {"train": train, "original": original} | {k: v for k, v in splits.items() if k != "train"}

    def streams(self) -> set[str]:
        """`resample`, unless the seed is fixed."""
        return {"resample"} if getattr(self, "seed", None) is None else set()

    def numbers(self, labels: Mapping[str, Array], later: Sequence[str]) -> dict[str, float]:
        """`n_majority`, `n_minority`, `minority_share` of the rows after all stages, those held out later included."""
        pool = np.concatenate([labels[split] for split in ("train", *later)])
        fewer, more = sorted(np.bincount(pool.astype(int), minlength=2))
        return {"n_majority": float(more), "n_minority": float(fewer), "minority_share": float(fewer / (fewer + more))}


class NoResampling(Resample):
    """Leave the rows as they are: the control arm of a comparison of resamplings."""

    name: Literal["none"]

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train`, and once more as `original`, then the others; no stream is read."""
        return {"train": splits["train"], "original": splits["train"]} | splits

    def streams(self) -> set[str]:
        """None."""
        return set()


class Smote(Resample):
    """imbalanced-learn's SMOTE: rows between a minority row and one of its nearest neighbours."""

    name: Literal["smote"]
    seed: int | None = seed_of("resample")
    neighbours: int = whole("minority neighbours that a made row may lie towards", 1)

    def resampled(self, x: Array, y: Array, seed: int) -> tuple[Array, Array]:
        """As many rows of the smaller class as of the larger; CannotDraw where there are too few neighbours."""
        from imblearn.over_sampling import SMOTE

        fewest = int(np.bincount(y, minlength=2).min())
        if fewest <= self.neighbours:
            raise CannotDraw(
                f"stages.resample.neighbours: got {self.neighbours}, expected fewer than the {fewest} minority rows"
            )
        made: tuple[Array, Array] = SMOTE(random_state=seed, k_neighbors=self.neighbours).fit_resample(x, y)
        return made


class RandomOver(Resample):
    """imbalanced-learn's RandomOverSampler: copies of minority rows."""

    name: Literal["random_over"]
    seed: int | None = seed_of("resample")

    def resampled(self, x: Array, y: Array, seed: int) -> tuple[Array, Array]:
        """As many rows of the smaller class as of the larger."""
        from imblearn.over_sampling import RandomOverSampler

        made: tuple[Array, Array] = RandomOverSampler(random_state=seed).fit_resample(x, y)
        return made


class RandomUnder(Resample):
    """imbalanced-learn's RandomUnderSampler: some of the majority rows only."""

    name: Literal["random_under"]
    seed: int | None = seed_of("resample")

    def resampled(self, x: Array, y: Array, seed: int) -> tuple[Array, Array]:
        """As many rows of the larger class as of the smaller."""
        from imblearn.under_sampling import RandomUnderSampler

        made: tuple[Array, Array] = RandomUnderSampler(random_state=seed).fit_resample(x, y)
        return made
