"""Only when all mistakes between data and printed score are ruled out: what did the model learn, and for how long?"""

import numpy as np

from mirage.doctor.courses import FEWEST, WAITED, evaluated, kept_best, lasting, paired, rise
from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.examinations.calibration import STANDARD_ERRORS, off
from mirage.doctor.examinations.decisions import ranks
from mirage.doctor.finding import Answer, CannotTell, Found, Sure, examination, item, of_predictions
from mirage.doctor.probabilities import probabilities

FALLING = 0.05  # of a loss's whole fall in the last third of the epochs: one that creeps is left alone
NOISE = 1.5  # times the standard deviation of the steps between epochs, which the fall of the last third exceeds
FALLS_ON = 0.1  # of a loss: what longer training would take from it, before it matters
STEADY = 0.8  # ratio of the falls of two stretches of epochs, from which on it says little: a line would fall for ever
FALLEN = 0.05  # of its first value: a loss that has fallen by less has hardly begun, and noise is as large
NOTHING = 0.05  # of its first value: a loss that has fallen below that falls on for ever and changes no decision
WIDE = 0.2  # the same, where there are decisions only
GAP = 0.1  # between the accuracies of rows trained on and held out, before it matters
BY_CHANCE = 1e-3


@of_predictions(
    "majority-answered",
    needs=("decisions", "classes"),
    tell_apart=(
        "a weak signal: the AUC says how well the score ranks; near one half there is nothing to decide by, whatever "
        "the threshold."
    ),
    advice="Choose the threshold by what misses and false alarms cost; report recall of each class beside accuracy.",
    lesson="imbalance",
    unless=("constant-scores", "integer-scores", "argmax-one-column", "wrong-threshold", "batchnorm-not-arrived"),
)
def majority_answered(found: Predictions) -> Answer:
    """Every row, or nearly, is decided as the largest class, and others are there."""
    assert found.decisions is not None
    shares = np.bincount(found.truth, minlength=len(found.classes)) / len(found)
    largest = int(shares.argmax())
    others, decided = 1 - shares[largest], float((found.decisions != largest).mean())
    if others * len(found) < 5 or decided > others / 10:
        return None
    evidence = [
        item("share of the largest class", float(shares[largest]), f"{{}} of the rows are of class "
             f"{found.classes[largest]};"),
        item("decided otherwise", decided, "a share of {} is decided as another class."),
    ]  # fmt: skip
    sure: Sure = "likely"
    if found.single is not None:
        area, does = ranks(found)
        honest = not found.logits and off(found, 1, found.single) is None
        if honest:  # rows that are rarely above one half, of a class that is rare
            sure, said = "possible", "and the scores are honest, so that no other answer is right more often"
        else:
            said = "so the threshold is at fault" if does else "so there is little to decide by"
        evidence.append(item("AUC", area, f"The AUC is {{}}, {said}."))
    return Found(sure, tuple(evidence))


@examination(
    "too-short",
    needs=("history", "losses"),
    tell_apart="memorising: the validation loss rises while the training loss falls.",
    advice="Train on, with early stopping on validation rows, before you change the model.",
    lesson="accuracy_paradox",
    pairs=False,
    unless=("diverged", "ordered-validation", "batchnorm-not-arrived"),
)
def too_short(bundle: Bundle) -> Answer:
    """Training and validation loss still fall at the end, and would fall on by a share that matters."""
    own, held = paired(bundle, "loss")
    if len(own) < FEWEST:
        return CannotTell(f"a history of {FEWEST} epochs or more")
    back = max(len(own) // 3, 2)
    if held.argmin() < len(held) - back or own.argmin() < len(own) - back:
        return None
    further = min(falls_on(losses, back) for losses in (own, held))
    if further < FALLS_ON:
        return None
    falls = [_slope(losses[-back - 1 :]) * back / abs(float(losses[-1])) for losses in (own, held)]
    evidence = (
        item("training loss", falls[0], f"In the last {back} epochs the training loss still fell by a share of {{}},"),
        item("validation loss", falls[1], "and the validation loss by {};"),
        item("further", min(further, 1.0), "slowing down as before, or by a fifth with each further such stretch, both "
             "would fall on by a share of {} or more."),
    )  # fmt: skip
    return Found("likely", evidence)


def falls_on(losses: Array, back: int) -> float:
    """By what share of its last value a loss would fall on, if each stretch of epochs falls by the same ratio less.

    The ratio is that of the last `back` epochs to as many before, each by a line through them, and a fifth less at
    least: where a loss falls as steadily as before, nothing says when it will end. 0 where it has not fallen, or to
    next to nothing of where it began, or hardly any of its fall came in the last epochs, or no more than its noise.
    """
    whole = losses[0] - losses[-1]
    if whole <= FALLEN * abs(losses[0]) or losses[-1] < NOTHING * losses[0]:
        return 0.0
    stretches = [losses[max(end - back - 1, 0) : end] for end in (len(losses), len(losses) - back)]
    last, before = (_slope(stretch) for stretch in stretches)
    noise = max(float(np.std(np.diff(stretch))) for stretch in stretches)
    if last * back < max(FALLING * whole, NOISE * noise):
        return 0.0
    ratio = min(last / before, STEADY) if before > 0 else STEADY
    return last * back * ratio / (1 - ratio) / float(losses[-1])


def _slope(losses: Array) -> float:
    """How far a loss falls in an epoch, by a line through these."""
    return -float(np.polyfit(np.arange(len(losses)), losses, 1)[0])


@examination(
    "memorising",
    needs=(),
    tell_apart="other rows in use: held-out rows of the same source would score as well as those that were trained on.",
    advice="Keep the weights of the best validation epoch; then try more rows, a penalty, dropout, in this order.",
    lesson="overfitting",
    unless=(
        "diverged",
        "ordered-validation",
        "batchnorm-not-arrived",
        "subgroup",
        "scaled-column",
        "shifted-column",
        "exchanged-columns",
        "input-shift",
        "prior-shift",
    ),
)
def memorising(bundle: Bundle) -> Answer:
    """The training loss falls on while the validation loss rises well above its best; or held-out rows score far lower.

    Without a history, the rows that were trained on have to score better than those held out beyond chance, and scores
    of held-out rows have to promise more than they keep: a model that fits every training row and knows how little that
    means is not at fault.
    """
    train = bundle.others.get("train")
    if {"loss", "val_loss"} <= set(bundle.history):
        return None if kept_best(bundle) else of_course(bundle)
    if train is None or evaluated(train) is None or bundle.predictions is None:
        return CannotTell("a history with loss and val_loss, or predictions of split train beside those of the test")
    return of_gap(train, bundle.predictions)


def of_course(bundle: Bundle) -> Answer:
    """A validation loss that rises while the training loss falls."""
    own, held = paired(bundle, "loss")
    if len(own) < FEWEST:
        return CannotTell(f"a history of {FEWEST} epochs or more")
    best, risen = int(held.argmin()), rise(held)
    if not risen or own[-1] > 0.9 * own[best]:
        return None
    if not lasting(held):
        return CannotTell(
            f"more epochs: early stopping waits for {WAITED} or fewer after the best one; or predictions of the rows "
            "that `fit` validated on, whether the best weights were kept"
        )
    evidence = (
        item("best epoch", best + 1, f"The validation loss is lowest in epoch {{}} of {len(held)}"),
        item("rise", risen, "and by the end higher by a share of {} of that,"),
        item("training loss", float(own[-1]), "while the training loss falls to {}."),
    )
    return Found("likely", evidence)


def of_gap(train: Predictions, held: Predictions) -> Answer:
    """Rows that were trained on are right far more often than others, which the scores of these do not admit."""
    from scipy.stats import fisher_exact

    shares = [evaluated(found) or 0.0 for found in (train, held)]
    right = [round(share * len(found)) for share, found in zip(shares, (train, held), strict=True)]
    table = [[count, len(found) - count] for count, found in zip(right, (train, held), strict=True)]
    if shares[0] - shares[1] < GAP or fisher_exact(table, alternative="greater").pvalue > BY_CHANCE:
        return None
    evidence = [
        item("training rows", shares[0], "Of the rows that were trained on, {} are right,"),
        item("held-out rows", shares[1], "of those held out, {}."),
    ]
    claimed = probabilities(held)
    if claimed is None:  # nothing says whether the model admits it, so only a wide gap counts
        return Found("possible", tuple(evidence)) if shares[0] - shares[1] >= WIDE else None
    top = claimed.max(axis=1)
    error = float(np.sqrt(max(shares[1] * (1 - shares[1]), 1 / len(held)) / len(held)))
    if top.mean() - shares[1] < max(GAP / 2, STANDARD_ERRORS * error):
        return None
    evidence.append(item("claimed accuracy", float(top.mean()), "Taken as probabilities, their scores promise {}."))
    return Found("likely", tuple(evidence))
