"""Why does a classifier with high accuracy find no row of the small class?

What the article says
---------------------
Article three, first example, is about skewed classes. A model trained on them is said to serve the large
class well and the small one poorly. Overall accuracy stays high and hides this; the confusion matrix shows
it. The article calls the result inconsistent predictions for the small class and asks for resampling or
costs. (Those are put to the test in the lesson smote.)

What its code shows, and why
----------------------------
The listing draws 1,000 rows of two uniform features, calls the first 900 of them class 0 and the rest class
1, holds out a fifth and fits logistic regression. The features are pure noise: they say nothing about the
class. So nobody could find the small class, imbalance or not. The model learns the shares and nothing else,
which is the right thing to do here. It answers class 0 for every row, and its accuracy is the share of class
0 among the test rows. That the small class is missed is real. That imbalance is the reason cannot be seen: a
model on equal noise classes would be no better than a coin. Nor are the predictions inconsistent. They are
all the same.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The classes are two normal clouds that overlap. There is a signal to find, and a limit to how much of it can
  be found.
- The share of the small class goes from half to a fiftieth, at 1,000 training rows each time. Nothing else
  differs between those arms: two features, the same model, the same distance of the classes.
- The test has 5,000 fresh rows with the shares of the training rows, so that a hundred rows of the small
  class are left at its smallest share.
- Beside each arm stand the best possible rule, which knows the true probabilities, and the constant answer.
- Arm unrelated is the negative control: classes at no distance, like the listing's noise.
- In arms reversed, raised and same_rule the classes are equal and a marked subgroup of the rows is rare. In
  reversed and raised the classes change places there, so that a rule for all the others is wrong; raised has it
  in half of the training rows, same_rule is the control. A network trains on them for 300 epochs.
- Arm share_2_as_many has five times the rows, and so as many of the small class at a share of a fiftieth as
  arm logistic has at a tenth. It tells a small share from a small number.

Every seed draws a data set of its own. In all other arms there are no epochs: the fit is exact. Each test label
counts by its true probability, so that chance among the test labels costs nothing.

On real data the question is whether a handwritten digit is an 8. One in ten is. Arm equal has as many images,
half of them an 8. Each seed draws other training and test images of one set.

Limits. Overlap by itself gives "some found, some missed", at any shares; the claim on inconsistent
predictions holds here for that reason and does not prove that imbalance is behind it. Recall at one threshold
is one choice: whether it is poor depends on the distance of the classes as much as on the shares. Two normal
clouds with a straight border suit logistic regression; with a model that fits less well, imbalance could also
harm the ranking (the lesson metric_choice has a case). Each arm is tested at its own shares, so accuracies of
different arms are not to be compared with each other.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/imbalance.yaml says.

- The minority is recognised far worse than the majority. As written it holds (logistic.test: recall
  < recall_0 − 0.1): the difference is −1 of recall (−1 to −0.828, 100 seeds). In the controlled
  experiment it holds (logistic.test: expected_recall < expected_recall_0 − 0.1): the difference is
  −0.532 of recall (−0.545 to −0.52, 100 seeds). On real data it holds, too (logistic.test: recall <
  recall_0 − 0.1): the difference is −0.495 of recall (−0.709 to −0.281, 100 seeds).
- Some minority rows are found and others missed. As written it fails, as there is no effect that
  matters (logistic.test.recall > 0.1): the difference is 0 of recall (0 to 0.0796, 100 seeds). In
  the controlled experiment it holds (logistic.test.expected_recall > 0.1): the difference is 0.451
  of recall (0.439 to 0.462, 100 seeds). On real data it holds, too (logistic.test.recall > 0.1):
  the difference is 0.501 of recall (0.287 to 0.715, 100 seeds).
- It is the skewed class distribution that makes a model fail on the minority. In the controlled
  experiment it holds (test.expected_recall: share_50 > logistic + 0.1): the difference is 0.392 of
  recall (0.381 to 0.403, 100 seeds). On real data it holds, too (test.recall: equal > logistic +
  0.1): the difference is 0.407 of recall (0.174 to 0.641, 100 seeds).
- The harm to the minority grows as the imbalance becomes more severe. In the controlled experiment
  it holds (test.expected_recall: logistic > share_2 + 0.1): the difference is 0.308 of recall
  (0.291 to 0.324, 100 seeds).
- A high average score can hide parts of the inputs on which the model does badly. In the controlled
  experiment it holds (reversed.expected_accuracy: test_subgroup < test − 0.1): the difference is
  −0.644 of accuracy (−0.67 to −0.615, 100 seeds).
- The high accuracy is owed to the size of the majority. As written it holds
  (test.balanced_accuracy: logistic = logistic:majority_class ± 0.1): the difference is 0 of
  accuracy (−0.0796 to 0.0796, 100 seeds). In the controlled experiment it holds
  (test.expected_accuracy: logistic = logistic:majority_class ± 0.05): the difference is 0.0294 of
  accuracy (0.0287 to 0.0301, 100 seeds). On real data it stays unclear (test.accuracy: logistic =
  logistic:majority_class ± 0.05): the difference is 0.0469 of accuracy (0.0239 to 0.0698, 100
  seeds). As written by balanced accuracy, as a hundred seeds that are all alike settle no smaller
  margin; else by accuracy.

What we found ourselves:

- The best possible rule finds no more of the minority at these shares, so the fit is not at fault.
  In the controlled experiment it holds (test.expected_recall: logistic = logistic:bayes ± 0.05):
  the difference is −0.0093 of recall (−0.0192 to 0.00051, 100 seeds).
- Imbalance moves the decisions and leaves the ranking, which is as good as at equal shares. In the
  controlled experiment it holds (test.roc_auc: share_2:bayes − share_2 = share_50:bayes − share_50
  ± 0.02): the difference is 0.00116 of ROC AUC (0.000223 to 0.00249, 100 seeds).
- It is the small share that costs recall, not the small number; five times the rows change little.
  In the controlled experiment it holds (test.expected_recall: share_2_as_many = share_2 ± 0.05):
  the difference is 0.0195 of recall (−0.00277 to 0.042, 100 seeds).
- Made half of as many training rows, the hidden subgroup is decided far better. In the controlled
  experiment it holds (test_subgroup.expected_accuracy: raised > reversed + 0.1): the difference is
  0.674 of accuracy (0.644 to 0.701, 100 seeds).

Checks of the experiment:

- Where the features say nothing, the minority is not told apart. In the controlled experiment it
  holds (unrelated.test.roc_auc = 0.5 ± 0.02): the difference is −0.000705 of ROC AUC (−0.00608 to
  0.00476, 100 seeds).
- A subgroup that keeps to the rule of the others is decided as well as they are. In the controlled
  experiment it holds (same_rule.expected_accuracy: test_subgroup = test ± 0.05): the difference is
  −0.00505 of accuracy (−0.00993 to −0.000965, 100 seeds).

.. end

Where the two sides of the figure disagree, it is because the listing has nothing to find. With a signal the
model finds some rows. How much is found follows from the shares and the
overlap. The best possible rule finds hardly more at the same shares, so the fit is not at fault. A row in the
overlap is more likely to be of the large class merely because there are more of those, and a rule that wants
few errors says so. The ranking of the rows is as good at a fiftieth as at equal shares. What imbalance takes
away is rows above the threshold, not knowledge. That is why moving the threshold brings them back, and why
five times the rows at the same share do not.

Average precision falls all the same while ROC AUC stays. ROC AUC asks how often a row of the small class is
ranked above one of the large class; how many there are of either does not enter. Precision sets the rows
found against all rows that are called, and the rarer the small class, the more rows of the large one are
ranked as high as those found. The best possible rule loses as much.

A class is not the only thing that can be rare. A subgroup with a rule of its own is decided wrongly for most of
its rows, and the average over all rows hardly shows it. What it takes is more such rows in training.

How to read the figure
----------------------
Left: accuracy and the recall of either class, in every seed, lie on the dotted line of always answering with
the larger class; the confusion counts say why. Right: as the small class gets rarer (to the left), accuracy
rises towards that dotted line and average precision falls, while the area under the ROC curve stays level.
Next to it, what is found of either class. The dashed best possible rule does the same; where it is hard to
see, the model reaches it. Then the average and what it hides: a subgroup in which the classes have changed
places, the same subgroup as half of the training rows, and one in which they have not changed. Last, real
data: either class found at natural and at equal shares. Beneath: each claim's effect in margins, hollow as
written and filled controlled; what lies in the grey is too small to matter.

Three things to try
-------------------
Give the listing's features something to say, and watch recall leave zero at the same shares:

python -m run scenario=imbalance data.shift=0.5 replicates=5

Move the threshold of every model from a half to a tenth: recall comes back, precision and accuracy pay for
it:

python -m run scenario=imbalance_controlled decision.threshold=0.1 replicates=5

Move the classes further apart, and see how much less the shares matter where little overlaps:

python -m run scenario=imbalance_controlled data.separation=4 replicates=5
"""

from mirage.claims.results import Results
from mirage.figures import palette, panels
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
