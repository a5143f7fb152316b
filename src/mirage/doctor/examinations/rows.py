"""Are rows, names and scores what they should be? Nothing here holds a prediction against its label."""

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Bundle
from mirage.doctor.finding import Answer, CannotTell, Found, examination, item, of
from mirage.doctor.statistics import listed


@examination(
    "unequal-rows",
    needs=(),
    tell_apart="missing-rows: the columns have the same length and some cells are empty.",
    advice="Take labels and predictions from the same rows in one pass; a generator may drop or repeat its last batch.",
    pairs=False,
)
def unequal_rows(bundle: Bundle) -> Answer:
    """Arrays of unequal length."""
    if bundle.lengths:
        said = ", ".join(f"{name} {length:,}" for name, length in bundle.lengths.items())
        return Found("certain", (item("lengths", said, "Rows of each column: {}."),))
    return CannotTell("predictions: y_true with score, score_CLASS or y_pred") if bundle.predictions is None else None


@examination(
    "missing-rows",
    needs=("predictions",),
    tell_apart="unequal-rows: one column is shorter as a whole.",
    advice="Find out what these rows have in common before you leave them out; they are left out of all that follows.",
    pairs=False,
)
def missing_rows(bundle: Bundle) -> Answer:
    """Rows that lack a label or a prediction."""
    lacking = of(bundle).missing
    if not lacking:
        return None
    return Found(
        "certain", tuple(item(f"missing {name}", n, f"Rows without a {name}: {{}}.") for name, n in lacking.items())
    )


@examination(
    "duplicate-ids",
    needs=("id",),
    tell_apart="exact-duplicates: rows with ids of their own and the same features.",
    advice="Join labels and predictions by id, one row each; a join that repeats rows counts some of them twice.",
    pairs=False,
)
def duplicate_ids(bundle: Bundle) -> Answer:
    """Ids that occur more than once."""
    ids = pd.Series(of(bundle).about["id"])
    twice = ids[ids.duplicated()].unique()
    if not len(twice):
        return None
    shown = item("ids", listed(sorted(twice)), "({}).")
    return Found("certain", (item("repeated ids", len(twice), "Ids that occur more than once: {}"), shown))


@examination(
    "label-types",
    needs=("predictions",),
    tell_apart="exchanged-classes: both columns use the same names, and some stand for others.",
    advice="Bring both columns to the same names, with the encoder that made the labels of the training rows.",
    pairs=False,
)
def label_types(bundle: Bundle) -> Answer:
    """Predicted names none of which is a label, so that not one row can be right."""
    found = of(bundle)
    if found.regression or not found.strange:
        return None
    known = bool(set(found.classes) - set(found.strange)) and (
        found.decided is None or bool((found.decided >= 0).any())
    )
    if known and found.scores is None and found.decided is not None:
        known = bool(np.isin(found.decided, np.unique(found.truth)).any())
    elif known:
        known = found.scores is not None
    if known:
        return None  # a class of which there is no row
    labels = item("labels", listed(sorted({found.classes[code] for code in np.unique(found.truth)})), "Labels: {}.")
    return Found(
        "certain", (labels, item("predicted", listed(found.strange), "Predicted: {}; none of them is a label."))
    )


@examination(
    "constant-scores",
    needs=("scores",),
    tell_apart="majority-answered: scores differ, and all lie on one side of the threshold.",
    advice=(
        "Look at the last layer, the weights and the inputs: a softmax over one unit gives 1 for every row; NaN "
        "weights or inputs that are all alike give every row the same score, too."
    ),
    pairs=False,
    unless=("output-loss-mismatch", "batchnorm-not-arrived"),
)
def constant_scores(bundle: Bundle) -> Answer:
    """The same scores in every row."""
    found = of(bundle)
    scores = found.scores
    assert scores is not None
    cut_off = found.single is not None and bool((scores == 0).all())  # see integer-scores
    if len(scores) < 2 or cut_off or not (scores == scores[0]).all():
        return None
    said = listed([f"{value:.4g}" for value in scores[0]])
    return Found("certain", (item("score", said, f"Every one of {len(scores):,} rows has the score {{}}."),))


@examination(
    "integer-scores",
    needs=("score",),
    tell_apart="constant-scores: a score of 1 for every row is a softmax over one unit.",
    advice="Pass probabilities as floats: an array of integers, or a cast to int, makes 0.97 a 0.",
    pairs=False,
    unless=("batchnorm-not-arrived",),
)
def integer_scores(bundle: Bundle) -> Answer:
    """Scores that are whole and hardly ever 1, although class 1 is not rare: cut off, not rounded."""
    found = of(bundle)
    score = found.single
    assert score is not None
    if found.regression or not np.isin(score, [0, 1]).all():
        return None
    ones, said = int((found.truth == 1).sum()), int((score == 1).sum())
    # Decisions of a model say 1 about as often as it is right; a cut leaves only scores of exactly 1.
    if said > 0.05 * ones or ones < 5:
        return None
    evidence = (
        item("scores of 1", said, "All scores are 0 or 1, and only {} of them are 1,"),
        item("rows of class 1", ones, f"although {{}} of {len(score):,} rows are of class {found.classes[1]}."),
    )
    return Found("likely", evidence)
