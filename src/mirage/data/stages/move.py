"""Stage `move`: the test images once more, each moved by the same number of pixels."""

import numpy as np

from mirage.data.split import CannotDraw, Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import setting

EXPECTED = "a whole number from -100 to 100"


class Move(Stage):
    """A split `test_moved`: the square images of `test` as a camera sees them that stands a little aside.

    What moves in from outside is 0. All other splits stay as they are.
    """

    needs_classes = False
    moves = True  # what a law knows of its images, it does not know of moved ones

    right: int = setting("pixels to the right, negative ones to the left", EXPECTED, ge=-100, le=100)
    down: int = setting("pixels down, negative ones up", EXPECTED, ge=-100, le=100)

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """All splits, then `test_moved`."""
        if "test" not in splits:
            raise CannotDraw("stages.move: got no split test before it in stages.order, expected one")
        test = splits["test"]
        side = round(np.sqrt(test.x.shape[1]))
        if side**2 != test.x.shape[1]:
            raise CannotDraw(f"stages.move: got {test.x.shape[1]} features, expected square images")
        for key in ("right", "down"):
            if abs(getattr(self, key)) >= side:
                raise CannotDraw(
                    f"stages.move.{key}: got {getattr(self, key)}, expected fewer than the {side} of an image"
                )
        room = max(abs(self.right), abs(self.down))
        framed = np.pad(test.x.reshape(-1, side, side), [(0, 0), (room, room), (room, room)])
        seen = framed[:, room - self.down :, room - self.right :][:, :side, :side]
        return splits | {"test_moved": test.with_rows(seen.reshape(test.x.shape), test.y)}
