"""Law `bent`: a curve read by a camera, on rows of the training range, of a wider one, and after the camera moved."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Array, Split, Splits
from mirage.data.truth import truth
from mirage.settings import number, whole

SLOPE = 0.5  # of the second feature


class Bent(Law):
    """y = bend * sin(pi * position) + (1 - bend) * position + a second feature / 2 + normal noise.

    The features are a reading of the position, the second feature (uniform from -1 to 1), and a reading of a mark that
    stands at 0. A camera that has moved adds the same to both readings, so that their difference is the position,
    wherever the camera stands. Positions are uniform to either side of 0.
    """

    name: Literal["bent"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("rows of each of the test sets", 1)
    n_validation: int = whole("validation rows, drawn as the training rows are", default=0)
    bend: float = number("share of the sine in what the position does; 0: a straight line", ge=0, le=1)
    noise: float = number("standard deviation of the noise", ge=0)
    reach: float = number("how far from 0 positions of training rows lie", gt=0)
    inside: float = number("how far those of the splits test and test_moved lie", gt=0)
    wide: float = number("how far those of the split test_wide lie", gt=0)
    wandering: float = number(
        "how far from its place the camera may stand for a training row, row by row", ge=0, default=0.0
    )
    moved: float = number("how far the camera has moved, to the one side or the other, for the split test_moved", ge=0)

    classes = False

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test`, `test_wide`, `test_moved` and, where it has rows, `validation`.

        The rows of `test_moved` are those of `test`, targets included, read after a move: by turns to either side.
        """
        test, wide = (self._rows(data, self.n_test, reach) for reach in (self.inside, self.wide))
        train = self._rows(data, self.n_train, self.reach, self.wandering)
        side = np.resize([1, -1], self.n_test)
        moved = Split(test.x + self.moved * np.outer(side, [1, 0, 1]), test.y)
        splits = {"train": train, "test": test, "test_wide": wide, "test_moved": moved}
        # Validation last: arms with and without it are trained and tested on the same rows.
        if self.n_validation:
            splits["validation"] = self._rows(data, self.n_validation, self.reach, self.wandering)
        return splits

    def _rows(self, data: np.random.Generator, n: int, reach: float, wandering: float = 0.0) -> Split:
        """Rows of positions up to `reach`; as many numbers are drawn whatever the settings, so that arms are paired."""
        position, second, camera = data.uniform(-1, 1, (3, n))
        moved = wandering * camera
        x = np.column_stack([reach * position + moved, second, moved])
        return Split(x, self.line(x) + self.noise * data.standard_normal(n))

    @truth
    def line(self, x: Array) -> Array:
        """The curve that the rows were drawn around [row]: no predictor does better on new rows, wherever they lie."""
        position = x[:, 0] - x[:, 2]
        return np.asarray(self.bend * np.sin(np.pi * position) + (1 - self.bend) * position + SLOPE * x[:, 1])
