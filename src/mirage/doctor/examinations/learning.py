"""Only when all mistakes between data and printed score are ruled out: what did the model learn, and for how long?"""

import numpy as np

from mirage.doctor.evidence import Bundle, Predictions
from mirage.doctor.examinations.decisions import off, ranks
from mirage.doctor.examinations.histories import FEWEST
from mirage.doctor.finding import Answer, Found, Sure, examination, item, of_predictions

RISEN = 0.1  # of its best value: how much a validation loss has to rise
FALLING = 0.05  # of its value: how much a loss has to fall over the last third


@of_predictions(
    "majority-answered",
    needs=("decisions", "classes"),
    tell_apart=(
        "a weak signal: the AUC says how well the score ranks; near one half there is nothing to decide by, whatever "
        "the threshold."
    ),
    advice="Choose the threshold by what a miss costs; report recall of each class beside accuracy.",
    lesson="imbalance",
    unless=("constant-scores", "integer-scores", "argmax-one-column", "wrong-threshold"),
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
        item("decided otherwise", decided, "{} of them are decided otherwise."),
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
)
def too_short(bundle: Bundle) -> Answer:
    """Training and validation loss still fall at the end."""
    own, held = bundle.history["loss"], bundle.history["val_loss"]
    if len(own) < FEWEST or len(held) != len(own):
        return None
    back = max(len(own) // 3, 2)
    falls = [float(1 - values[-1] / values[-1 - back]) for values in (own, held) if values[-1 - back] > 0]
    if len(falls) < 2 or min(falls) < FALLING or held.argmin() < len(held) - 2:
        return None
    evidence = (
        item("training loss", falls[0], f"Over the last {back} epochs the training loss fell by a share of {{}},"),
        item("validation loss", falls[1], "the validation loss by {}."),
    )
    return Found("likely", evidence)


@examination(
    "memorising",
    needs=("history", "losses"),
    tell_apart="other rows in use: held-out rows of the same source would score as well as those that were trained on.",
    advice="Keep the epoch of the lowest validation loss; then try more rows, a penalty, dropout, in this order.",
    lesson="overfitting",
    pairs=False,
    unless=("ordered-validation", "batchnorm-not-arrived"),
)
def memorising(bundle: Bundle) -> Answer:
    """The training loss falls on while the validation loss rises well above its best."""
    own, held = bundle.history["loss"], bundle.history["val_loss"]
    if len(own) < FEWEST or len(held) != len(own):
        return None
    best = int(held.argmin())
    risen = float(held[-3:].mean() / held[best] - 1) if held[best] > 0 else float("nan")
    if best > 0.8 * len(held) or not risen > RISEN or own[-1] > 0.9 * own[best]:
        return None
    evidence = (
        item("best epoch", best + 1, f"The validation loss is lowest in epoch {{}} of {len(held)}"),
        item("rise", risen, "and rises by a share of {} of it by the end,"),
        item("training loss", float(own[-1]), "while the training loss falls to {}."),
    )
    return Found("likely", evidence)
