"""Law `shared_normals`: law `normals` for several models that are tested on the same rows."""

from typing import Literal

from mirage.data.laws.normals import Normals


class SharedNormals(Normals):
    """The rows of law `normals`; one replicate may be several models.

    A law of its own, as the records of the other are named by its code.
    """

    name: Literal["shared_normals"]  # type: ignore[assignment]

    several_models = True
