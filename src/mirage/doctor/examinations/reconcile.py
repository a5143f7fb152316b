"""Which formula gives the number that was reported? Only what the honest formula does not give betrays a cause."""

from mirage.doctor import formulas, statistics
from mirage.doctor.evidence import Bundle
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item, of

NEEDS = ("reported", "predictions")
SURELY = 0.999  # level of an interval outside which a number is not one of these rows


def betrayed(bundle: Bundle, cause: str) -> Found | None:
    """A cause whose formula, and not the honest one, gives a number that was reported."""
    found, evidence, others = of(bundle), list[Item](), False
    for metric, (reported, unit) in bundle.reported.items():
        honest = formulas.HONEST[metric](found, bundle.batch_size)
        if formulas.close(honest, reported, unit):
            continue
        hits = formulas.matching(found, metric, reported, unit, bundle.batch_size)
        own = [one for one in hits if one.cause == cause]
        if not own:
            continue
        others = others or len({one.cause for one in hits}) > 1
        said = f"The reported {metric} of {formulas.shown(reported, unit)} is {own[0].words};"
        evidence.append(item(f"reported {metric}", reported, said))
        evidence.append(item(metric, honest, f"{metric} of these rows is {{}}."))
    return Found("likely" if others else "certain", tuple(evidence)) if evidence else None


@examination(
    "element-accuracy",
    needs=NEEDS,
    tell_apart="a poor model that is reported honestly: the number would be the accuracy of these rows.",
    advice="Use `categorical_accuracy` for one-hot labels, `sparse_categorical_accuracy` for whole numbers.",
)
def element_accuracy(bundle: Bundle) -> Answer:
    """Elements were counted, not rows."""
    return betrayed(bundle, "element-accuracy")


@examination(
    "share-of-class-zero",
    needs=NEEDS,
    tell_apart="exchanged-classes: rows of some classes are called by each other's names.",
    advice="`categorical_accuracy` wants one-hot labels; use `sparse_categorical_accuracy` for whole numbers.",
)
def share_of_class_zero(bundle: Bundle) -> Answer:
    """Rows that are called the first class were counted."""
    return betrayed(bundle, "share-of-class-zero")


@examination(
    "micro-average",
    needs=NEEDS,
    tell_apart="batch-average: the number changes with the size of the batch.",
    advice="Ask for one class (`class_id=`), or average over classes; over entries of sure scores it is the accuracy.",
    lesson="metric_choice",
)
def micro_average(bundle: Bundle) -> Answer:
    """Precision or recall over all entries."""
    return betrayed(bundle, "micro-average")


@examination(
    "batch-average",
    needs=NEEDS,
    tell_apart="micro-average: the number is the same for every size of the batch.",
    advice="Use a metric object, which counts over all batches; Keras averages the values of a function over batches.",
)
def batch_average(bundle: Bundle) -> Answer:
    """The mean over batches of what is no mean over rows."""
    return betrayed(bundle, "batch-average")


@examination(
    "regression-accuracy",
    needs=("predictions",),
    tell_apart="a poor fit: R2 or the mean absolute error shows it; accuracy shows nothing.",
    advice="Targets are numbers: report the mean absolute error beside that of always predicting the mean.",
)
def regression_accuracy(bundle: Bundle) -> Answer:
    """An accuracy was reported of targets that are numbers."""
    if not of(bundle).regression:
        return None
    if "accuracy" not in bundle.reported:
        return CannotTell("--reported accuracy=VALUE, if one was printed")
    reported, unit = bundle.reported["accuracy"]
    hits = formulas.matching(of(bundle), "accuracy", reported, unit, bundle.batch_size)
    text = f"An accuracy of {formulas.shown(reported, unit)} was reported for targets that are numbers"
    said = item("reported accuracy", reported, text)
    how = hits[0].words if hits else "a prediction hardly ever equals one"
    return Found("certain", (said, item("formula", how, "({}).")))


@examination(
    "unexplained-score",
    needs=NEEDS,
    tell_apart="a number of other rows, of another split or of another model: ask which rows it was made from.",
    advice="Compute the number again from these rows. If `evaluate` printed it, compare labels row by row.",
    pairs=False,
    unless=(
        "element-accuracy",
        "share-of-class-zero",
        "micro-average",
        "batch-average",
        "regression-accuracy",
        "shifted-rows",
        "reversed-rows",
        "sorted-rows",
        "permuted-rows",
        "exchanged-classes",
        "reversed-classes",
        "argmax-one-column",
        "integer-scores",
        "wrong-threshold",
        "logits-as-probabilities",
        "constant-scores",
    ),
)
def unexplained_score(bundle: Bundle) -> Answer:
    """A reported number that neither these rows nor any formula gives, nor chance in which rows were taken."""
    evidence = [one for metric in bundle.reported for one in unexplained(bundle, metric)]
    return Found("likely", tuple(evidence)) if evidence else None


def unexplained(bundle: Bundle, metric: str) -> list[Item]:
    """The evidence that a reported number is not one of these rows; nothing where it may be."""
    found, (reported, unit) = of(bundle), bundle.reported[metric]
    honest = formulas.HONEST[metric](found, bundle.batch_size)
    if honest is None or formulas.matching(found, metric, reported, unit, bundle.batch_size):
        return []
    for one, other in ((honest, reported), (reported, honest)):  # either may be of other rows, as many
        low, high = statistics.wilson(round(min(max(one, 0), 1) * len(found)), len(found), SURELY)
        if low - unit <= other <= high + unit:
            return []
    said = f"No formula known here gives the reported {metric} of {formulas.shown(reported, unit)} from these rows:"
    return [item(f"reported {metric}", reported, said), item(metric, honest, f"their {metric} is {{}}.")]
