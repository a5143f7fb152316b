"""The panels of the lesson imbalance."""

from collections.abc import Mapping

from mirage.claims.results import Results
from mirage.figures import large, palette, panels
from mirage.figures.headline import Shown
from mirage.figures.panels import Line, Panels, of_reference

CLAIMS = (
    "imbalance-recall-poor",
    "imbalance-minority-inconsistent",
    "imbalance-causes-minority-failure",
    "imbalance-severity-matters",
    "average-hides-subgroups",
)
SHARES = {"share_50": 0.5, "share_20": 0.2, "logistic": 0.1, "share_5": 0.05, "share_2": 0.02}


def as_written(results: Results) -> Panels:
    """Accuracy and recall of either class on the test rows, and the confusion counts."""
    names = {"accuracy": "accuracy", "recall,\nclass 0": "recall_0", "recall,\nclass 1": "recall"}
    shown = {label: ("logistic", "test", metric, palette.UNTREATED) for label, metric in names.items()}
    return [
        (4.2, panels.scores(shown, "score", "Test rows, every seed")),
        (4.0, panels.confusion("logistic", "test", palette.UNTREATED, "Test rows, mean")),
    ]


def controlled(results: Results) -> Panels:
    """Scores over all rows and how much of either class is found, against the small one's share; a subgroup."""
    overall = {
        "accuracy": Line(SHARES, "test", "expected_accuracy", palette.UNTREATED),
        "ROC AUC": Line(SHARES, "test", "roc_auc", palette.OTHER, "^-"),
        "average precision": Line(SHARES, "test", "average_precision", palette.FURTHER[0], "s-"),
        "majority class": Line(of_reference(SHARES, "majority_class"), "test", "expected_accuracy"),
        "average precision, bayes": Line(of_reference(SHARES), "test", "average_precision"),
    }
    found = {
        "recall of class 0": Line(SHARES, "test", "expected_recall_0", palette.FURTHER[1], "s-"),
        "recall of class 1": Line(SHARES, "test", "expected_recall", palette.TREATED),
        "recall, bayes": Line(of_reference(SHARES), "test", "expected_recall"),
        "recall_0, bayes": Line(of_reference(SHARES), "test", "expected_recall_0"),
    }
    share = "share of class 1, the small one"
    columns = {
        "all\nrows": ("reversed", "test", palette.UNTREATED),
        "sub-\ngroup": ("reversed", "test_subgroup", palette.UNTREATED),
        "half of\ntraining\nrows": ("raised", "test_subgroup", palette.TREATED),
        "not\nreversed": ("same_rule", "test_subgroup", palette.OTHER),
    }
    hidden = {label: (arm, split, "expected_accuracy", color) for label, (arm, split, color) in columns.items()}
    return [
        (4.6, panels.sweep(overall, share, "score", "Scores over all rows", "{:.0%}".format)),
        (4.6, panels.sweep(found, share, "recall", "Found of either class", "{:.0%}".format)),
        (4.8, panels.scores(hidden, "accuracy", "A subgroup behind the average")),
    ]


def real(results: Results) -> Panels:
    """How much of either class is found, at the shares of the set and at equal ones."""
    arms = {"logistic": ("1 in 10", palette.UNTREATED), "equal": ("equal", palette.TREATED)}
    found = {
        f"{words}\n{label}": (arm, "test", metric, color)
        for arm, (label, color) in arms.items()
        for metric, words in (("recall_0", "others,"), ("recall", "8s,"))
    }
    return [(4.8, panels.scores(found, "recall", "Is the digit an 8?"))]


def headline(results: Mapping[str, Results]) -> Shown:
    """The rarer the class, the less of it is found, by the model and by the best possible rule."""
    shown = {
        "logistic\nregression": Line(SHARES, "test", "expected_recall", palette.TREATED),
        "best possible\nrule": Line(of_reference(SHARES), "test", "expected_recall"),
    }
    axes = "share of class 1, the rare one", "class 1 found (recall)"
    return [(results["controlled"], large.lines(shown, *axes, large.PERCENT, "{:.0%}".format, limits=(0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
