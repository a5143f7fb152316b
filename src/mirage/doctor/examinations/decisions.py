"""Is it the model, or what was made of its scores: the rule that decides, and what the scores are taken for?"""

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import CUT, LOGIT_CUT, Predictions
from mirage.doctor.finding import Answer, Found, item, of_predictions

RANKS = 0.7  # an AUC, with its interval above one half, that makes decisions of one class only the rule's fault


def ranks(found: Predictions) -> tuple[float, bool]:
    """The AUC of a single score, and whether it ranks rows far better than chance."""
    assert found.single is not None
    area = statistics.auc(found.truth, found.single)
    ones = int((found.truth == 1).sum())
    if not 0 < ones < len(found):
        return area, False
    return area, area >= RANKS and statistics.auc_interval(area, ones, len(found) - ones, 0.999)[0] > CUT


@of_predictions(
    "argmax-one-column",
    needs=("decided", "score"),
    tell_apart="wrong-threshold: some rows are decided the other way, or the constant class is the second one.",
    advice="One column has one largest entry, the first: decide by `score > 0.5`, not by `argmax`.",
    lesson="accuracy_paradox",
)
def argmax_one_column(found: Predictions) -> Answer:
    """Every row is decided as class 0 although the score tells the classes apart."""
    assert found.decided is not None and found.single is not None
    area, does = ranks(found)
    if (found.decided != 0).any() or not does or not (found.single > CUT).any():
        return None
    above = int((found.single > CUT).sum())
    evidence = (
        item("decided as class 0", len(found), f"All {{}} rows are decided as {found.classes[0]},"),
        item("scores above one half", above, "although {} scores lie above one half"),
        item("AUC", area, "and they tell the classes apart: AUC {}."),
    )
    return Found("certain", evidence)


@of_predictions(
    "wrong-threshold",
    needs=("decided", "score"),
    tell_apart="majority-answered: scores above one half are decided as the second class, and there are hardly any.",
    advice="Check the threshold in your code: cut logits at 0, probabilities at 0.5 or where costs of errors say.",
    lesson="metric_choice",
)
def wrong_threshold(found: Predictions) -> Answer:
    """Decisions that follow the score with a cut far from where its kind of score is cut."""
    assert found.decided is not None and found.single is not None
    score, decided = found.single, found.decided
    if (decided == 0).all() and (score > CUT).any():
        return None  # see argmax-one-column
    low = score[decided == 0].max() if (decided == 0).any() else -np.inf
    high = score[decided == 1].min() if (decided == 1).any() else np.inf
    usual = LOGIT_CUT if found.logits else CUT
    if low > high or low <= usual <= high or not ranks(found)[1]:
        return None
    own = float((decided == found.truth).mean())
    best = float(((score > usual).astype(int) == found.truth).mean())
    between = f"between {low:.3g} and {high:.3g}" if np.isfinite([low, high]).all() else "outside the scores"
    evidence = (
        item("threshold", between, "Decisions follow the score, cut {}."),
        item("accuracy", own, "With this threshold {} of the rows are right;"),
        item(f"accuracy at {usual:g}", best, f"cut at {usual:g}, {{}}."),
    )
    return Found("likely" if best > own else "possible", evidence)


@of_predictions(
    "logits-as-probabilities",
    needs=("scores",),
    tell_apart="the output of a regression: its targets are numbers, not classes.",
    advice=(
        "The last layer has no activation, so scores are logits: cut them at 0, not at one half, or put a sigmoid or "
        "softmax on them. `BinaryAccuracy(threshold=0)` does the first in Keras."
    ),
)
def logits_as_probabilities(found: Predictions) -> Answer:
    """Scores outside 0 to 1 of classes; and decisions, where they are given, that cut them at one half."""
    if found.regression or not found.logits:
        return None
    assert found.scores is not None
    outside = float(((found.scores < 0) | (found.scores > 1)).mean())
    evidence = [item("scores outside 0 to 1", outside, "A share of {} of the scores lies outside 0 to 1.")]
    if found.single is not None:
        at = {cut: float(((found.single > cut).astype(int) == found.truth).mean()) for cut in (LOGIT_CUT, CUT)}
        evidence.append(item("accuracy at 0", at[LOGIT_CUT], "Cut at 0, {} of the rows are right;"))
        evidence.append(item("accuracy at 0.5", at[CUT], "cut at one half, as if they were probabilities, {}."))
    return Found("certain", tuple(evidence))
