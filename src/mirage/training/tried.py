"""How right every setting of a search is on each of many small sets of validation rows."""

from mirage.data.split import Array, CannotDraw, Split
from mirage.models.kinds.search import Tried

HISTORY = "tried_set_accuracy"  # what the record calls it


def by_sets(tried: Tried, validation: Split, sets: int) -> dict[str, Array]:
    """Accuracy [setting, set] on so many disjoint sets of neighbouring validation rows.

    Raises CannotDraw if they cannot be cut into sets of one size.
    """
    rows = len(validation.y)
    if rows % sets:
        raise CannotDraw(f"model.watched_sets: got {sets}, expected a number that divides the {rows} rows it cuts")
    right = (tried.each(validation.x) > 0.5) == validation.y
    return {HISTORY: right.reshape(len(right), sets, -1).mean(axis=2)}
