"""The same rows and the same weights in another process: other names, or another answer every time?"""

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.examinations.in_use import moved
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item, lacks, of

LEVEL = 1e-3  # of a loss of accuracy by chance
SAME = 1e-5  # to which scores are the same after a change of names only
ROUNDING = 0.02  # of a probability: what half precision and another machine leave, several times over
DIFFER = 0.05  # the share of rows that must differ by more than that


@examination(
    "rebuilt-encoder",
    needs=("rescored or use",),
    tell_apart=(
        "random-prediction: scores differ, but as many rows are right. Score twice in one process: a rebuilt "
        "encoder gives the same scores both times."
    ),
    advice=(
        "Save the encoder, tokenizer or list of classes with the weights, and load it; sort what comes from a set "
        "(its order changes with every process)."
    ),
    pairs=False,
)
def rebuilt_encoder(bundle: Bundle) -> Answer:
    """Names or codes in another order: of classes in a second scoring, or of a column's values in use."""
    evidence: list[Item] = []
    columns = moved(bundle) if bundle.use is not None and bundle.known is not None else []
    for move in columns if isinstance(columns, list) else []:
        if move.kind == "recoded":
            said = f"The shares of the values of {move.column} differ by {{}} between training and use, but by "
            evidence.append(
                item(move.column, move.before, f"{said}{move.after:.2g} once the codes are matched by their shares.")
            )
    if bundle.rescored is not None and bundle.predictions is not None and not bundle.predictions.regression:
        first, second = bundle.predictions, bundle.rescored
        if names := exchanged_names(first, second):
            renamed = item("names", names, "The second scoring is the first one under other names: {}.")
            return Found("certain", (renamed, *_accuracies(first, second), *evidence))
        if _reordered(first, second):
            return CannotTell("a second scoring in the order of the first: its scores are the same in another order")
        if collapses(first, second):
            evidence += _accuracies(first, second)
    if evidence:
        return Found("likely", tuple(evidence))
    return None if bundle.rescored is not None else CannotTell(lacks("rescored", bundle))


def exchanged_names(first: Predictions, second: Predictions) -> str:
    """Which names a second scoring exchanged, where that and rounding are all that it changed; else nothing."""
    if first.scores is not None and second.scores is not None and first.scores.shape == second.scores.shape:
        if first.single is not None and second.single is not None:
            turned = -first.single if first.logits else 1 - first.single
            same = bool(np.allclose(second.single, turned, atol=SAME))
            if not same or bool(np.allclose(second.single, first.single, atol=10 * ROUNDING)):
                return ""
            return f"{first.classes[0]} for {first.classes[1]}"
        k = first.scores.shape[1]
        apart = np.array([[np.abs(first.scores[:, i] - second.scores[:, j]).max() for j in range(k)] for i in range(k)])
        source = apart.argmin(axis=0)
        if len(set(source)) < k or apart.min(axis=0).max() > SAME:
            return ""
        moved = [j for j in range(k) if source[j] != j and apart[j, j] > 10 * SAME]
    elif first.decisions is not None and second.decisions is not None and len(first.classes) > 2:
        source = statistics.best_names(statistics.confusion(first.decisions, second.decisions, len(first.classes)))
        if (second.decisions < 0).any() or (source[second.decisions] != first.decisions).any():
            return ""
        moved = [int(j) for j in np.unique(second.decisions) if source[j] != j]
    else:
        return ""
    return statistics.listed([f"{first.classes[j]} for {first.classes[source[j]]}" for j in moved])


def collapses(first: Predictions, second: Predictions) -> bool:
    """Whether a second scoring lost at least half of what the first was right on beyond chance."""
    from scipy.stats import binomtest

    if first.decisions is None or second.decisions is None:
        return False
    right, again = (_right(one) for one in (first, second))
    worse, better = int((right & ~again).sum()), int((~right & again).sum())
    skill = float(right.mean()) - statistics.by_chance(
        statistics.confusion(first.truth, first.decisions, len(first.classes))
    )
    if skill <= 0 or float(right.mean() - again.mean()) < skill / 2:
        return False
    return bool(binomtest(worse, worse + better, 0.5, alternative="greater").pvalue < LEVEL)


def _reordered(first: Predictions, second: Predictions) -> bool:
    """Whether the second scores are the first in another order of rows."""
    one, two = _values(first), _values(second)
    if first.scores is None or one.shape != two.shape or np.allclose(one, two, atol=SAME):
        return False
    return len(np.unique(one[:, 0])) > 1 and bool(np.allclose(np.sort(one, axis=0), np.sort(two, axis=0), atol=SAME))


def _right(found: Predictions) -> Array:
    return np.asarray(np.equal(found.truth, np.asarray(found.decisions)), dtype=bool)


def _accuracies(first: Predictions, second: Predictions) -> list[Item]:
    if first.decisions is None or second.decisions is None:
        return []
    own, again = (float(_right(one).mean()) for one in (first, second))
    return [
        item("accuracy", own, "At first {} of the rows were right,"),
        item("accuracy in the second process", again, "in the second process {}."),
    ]


@examination(
    "random-prediction",
    needs=("predictions", "rescored"),
    tell_apart="rebuilt-encoder: far fewer rows are right in the second process, and always the same ones.",
    advice=(
        "Call `predict`, or `model(x, training=False)`: dropout and BatchNormalization work differently in training "
        "mode. Do not augment rows at random before they are scored."
    ),
    pairs=False,
    unless=("rebuilt-encoder",),
)
def random_prediction(bundle: Bundle) -> Answer:
    """The same rows and model score otherwise, far beyond rounding, and no worse than that explains."""
    first, second = of(bundle), bundle.rescored
    assert second is not None
    one, two = _values(first), _values(second)
    if one.shape != two.shape:
        return CannotTell("a second scoring with the columns of the first")
    if _reordered(first, second):
        return CannotTell("a second scoring in the order of the first: its scores are the same in another order")
    if first.scores is None and not first.regression:
        differ = one[:, 0] != two[:, 0]
        said = "{} of the rows get another decision in the second process."
    else:
        scale = float(one.std()) if first.regression else 1.0
        differ = np.abs(one - two).max(axis=1) > ROUNDING * scale
        said = f"The scores of {{}} of the rows differ by more than {ROUNDING * scale:.2g} in the second process."
    if differ.mean() < DIFFER or differ.sum() < 5:
        return None
    evidence = [item("rows that differ", float(differ.mean()), said)]
    if not first.regression:
        evidence += _accuracies(first, second)
    return Found("likely", tuple(evidence))


def _values(found: Predictions) -> Array:
    """What a row was given [row, column]: probabilities, or numbers, or decisions where there are no scores."""
    if found.scores is None:
        assert found.decided is not None
        return found.decided[:, None].astype(float)
    if found.regression or not found.logits:
        return found.scores
    if found.single is not None:
        return np.asarray(1 / (1 + np.exp(-np.clip(found.scores, -700, 700))))
    return statistics.softmax(found.scores)
