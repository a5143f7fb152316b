"""Stage `augment`, kind `mirror_image`: square images, left and right exchanged."""

from typing import Literal

import numpy as np

from mirage.data.split import Array, CannotDraw
from mirage.data.stages.augment import Augment


class MirrorImage(Augment):
    """Square images as a mirror shows them: right for a photograph of a cat, wrong for handwriting."""

    name: Literal["mirror_image"]

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """The images [row, pixel], each line of pixels backwards; nothing is random."""
        side = round(np.sqrt(x.shape[1]))
        if side**2 != x.shape[1]:
            raise CannotDraw(f"stages.augment.name: got mirror_image of {x.shape[1]} features, expected square images")
        return np.asarray(x.reshape(-1, side, side)[:, :, ::-1].reshape(x.shape))

    def streams(self) -> set[str]:
        """None."""
        return set()
