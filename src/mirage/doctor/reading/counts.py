"""How many updates an optimizer counted: one number among the weights of a saved Keras model, and nothing else."""

import io
import zipfile
from typing import Any

MOST_WEIGHTS = 300 * 10**6  # bytes of weights that are taken into memory for it
OF_ZIP = "optimizer/vars/0"
OF_H5 = ("iteration", "iterations", "iteration:0", "iter:0")  # Keras 3, and 2
BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)  # what h5py makes of a broken file


def in_zip(packed: zipfile.ZipFile) -> int | None:
    """The count of a ``.keras`` file; None where there is none above 0.

    Keras stores weights without compression; a compressed member could be far larger than the file and is not read.
    """
    import h5py

    about = packed.NameToInfo.get("model.weights.h5")
    if about is None or about.compress_type != zipfile.ZIP_STORED or about.file_size > MOST_WEIGHTS:
        return None
    try:
        with h5py.File(io.BytesIO(packed.read(about)), "r") as opened:
            return _count(opened, OF_ZIP)
    except (*BROKEN, zipfile.BadZipFile, EOFError):
        return None


def in_h5(opened: Any) -> int | None:
    """The count of an opened ``.h5`` file, under the optimizer's name; None where there is none above 0."""
    try:
        kept = opened.get("optimizer_weights")
        names = list(kept)[:5] if kept is not None else []
        for optimizer in names:
            inside = [f"{name}/{count}" for count in OF_H5 for name in (optimizer, f"{optimizer}/{optimizer}")]
            if (found := _count(kept, *inside)) is not None:
                return found
    except BROKEN:
        pass
    return None


def _count(opened: Any, *names: str) -> int | None:
    """The first whole number above 0 under these names of an HDF5 group, if it is held by this very file."""
    import h5py

    for name in names:
        one = opened.get(name)
        alone = isinstance(one, h5py.Dataset) and one.shape == () and one.dtype.kind in "iu"
        if alone and one.file == opened.file and one.external is None and int(one[()]) > 0:
            return int(one[()])
    return None
