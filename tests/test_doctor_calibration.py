"""The doctor on what scores are worth: a second softmax, class weights that arrived or did not."""

from pathlib import Path

import keras
import numpy as np
import pytest
from examined import causes, course, saved, two

from mirage.doctor import examine

Array = np.ndarray
SEEDS = range(0, 40, 2)
DENSE = keras.layers.Dense
SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(("classes", "floor"), [(2, 0.3133), (3, 0.5514), (10, 1.4612)])
def test_a_loss_at_the_floor_beside_scores_without_a_mistake_is_a_second_softmax(classes: int, floor: float) -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        y = random.integers(0, classes, 300)
        scores = np.full((300, classes), 1e-5)
        scores[np.arange(300), y] = 1
        scores /= scores.sum(axis=1, keepdims=True)
        scores = scores * (1 - 1e-6 * random.random((300, 1)))
        rows = {"y_true": y} | {f"score_{k}": scores[:, k] for k in range(classes)}
        numbers = {
            "loss": floor * (1 + 0.6 * np.exp(-np.arange(20) / 2)),
            "accuracy": 1 - 0.5 * np.exp(-np.arange(20.0)),
        }
        found = {one.cause: one.sure for one in examine(rows, history=numbers).findings}
        assert found == {"double-softmax": "likely"}, seed
        below = numbers | {"loss": np.geomspace(2, 0.02, 20)}
        assert causes(examine(rows, history=below)) == [], seed


def test_a_second_activation_is_ruled_out_only_by_scores_and_a_loss_below_its_floor() -> None:
    for seed in SEEDS:
        numbers = course(seed)
        above = numbers | {"loss": numbers["loss"] - numbers["loss"].min() + 0.6}
        assert "score" in examine(history=above).cannot_tell["double-softmax"], seed
        y, p = two(seed, 900)
        rows = {"y_true": y, "score": p}
        assert "split train" in examine(rows, history=above).cannot_tell["double-softmax"], seed
        below = above | {"loss": np.geomspace(0.7, 0.05, 30)}
        assert "double-softmax" in examine(history=below).cannot_tell, (
            seed
        )  # a second one may be in what uses the scores
        assert "double-softmax" in examine(rows, history=below).not_found, seed
    assert "double-softmax" in examine({"y_true": np.arange(30) / 7, "score": np.arange(30) / 7}).not_found


def test_a_loss_that_is_that_of_the_scores_twice_is_named_unless_the_scores_are_those_of_an_earlier_epoch() -> None:
    for seed in SEEDS:
        y, p = two(seed, 900)
        own = float(-np.log(np.where(y == 1, p, 1 - p)).mean())
        raised = 1 / (1 + np.exp(-p))
        twice = float(-np.log(np.where(y == 1, raised, 1 - raised)).mean())
        rows = {"y_true": y, "score": p, "split": np.full(900, "validation")}
        losses = np.geomspace(1.3 * twice, twice, 12)
        right = float(((p > 0.5) == y).mean())
        # Keras cuts the second sigmoid at one half, below which it never lies; or it is only in the loss.
        for printed in (y.mean(), right):
            numbers = {"val_loss": losses, "val_accuracy": np.linspace(0.4, printed, 12).round(4)}
            assert "double-softmax" in causes(examine(rows, history=numbers)), seed
            assert "double-softmax" in causes(examine(rows | {"y_pred": (p > 0.3).astype(int)}, history=numbers)), seed
        other = {"val_loss": losses, "val_accuracy": np.linspace(0.4, right - 0.05, 12)}  # of other rows
        assert "double-softmax" not in causes(examine(rows, history=other)), seed
        kept = np.concatenate([losses, [own], np.geomspace(own, twice, 12)])  # the best epoch is long ago
        assert "double-softmax" not in causes(examine(rows, history={"val_loss": kept})), seed


def test_a_penalty_explains_a_loss_at_the_floor(tmp_path: Path) -> None:
    numbers = {"loss": np.linspace(1, 0.3133, 20), "accuracy": np.linspace(0.5, 1, 20)}
    plain = saved(tmp_path, DENSE(2, "softmax"), loss=SPARSE)
    assert causes(examine(history=numbers, model=plain)) == ["double-softmax"]
    penalised = saved(tmp_path, DENSE(2, "softmax", kernel_regularizer="l2"), loss=SPARSE, name="p.keras")
    assert causes(examine(history=numbers, model=penalised)) == []


def weighted(p: Array, by: float) -> Array:
    """What class weights make of the odds, where they arrive."""
    return p * by / (p * by + 1 - p)


@pytest.mark.parametrize(("share", "n"), [(0.05, 4000), (0.2, 1000), (0.5, 1500)])
def test_class_weights_that_did_not_arrive_are_named_and_those_that_did_are_said_to_explain_the_scores(
    share: float, n: int
) -> None:
    by = 19.0 if share < 0.5 else 4.0
    for seed in SEEDS:
        y, p = two(seed, n, share)
        given = {"class_weight": {0: 1, 1: by}}
        assert causes(examine({"y_true": y, "score": p}, **given)) == ["class-weights-not-arriving"], seed
        arrived = examine({"y_true": y, "score": weighted(p, by)}, **given)
        assert causes(arrived) == [], seed
        assert any("reached training" in note for note in arrived.notes)


def test_weights_of_several_classes_are_taken_from_their_names() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        shares, by = np.array([0.8, 0.15, 0.05]), np.array([1.0, 5.0, 16.0])
        y = random.choice(3, 2000, p=shares)
        logits = np.log(shares) + random.normal(0, 1, (2000, 3)) + 2 * np.eye(3)[y] - 0.0
        p = np.exp(_posterior(logits, shares))
        given = {"class_weight": {"a": 1, "b": 5, "c": 16}}
        names = np.array(["a", "b", "c"])
        rows = [{"y_true": names[y]} | {f"score_{k}": q[:, i] for i, k in enumerate("abc")} for q in (p, _times(p, by))]
        assert causes(examine(rows[0], **given)) == ["class-weights-not-arriving"], seed
        assert causes(examine(rows[1], **given)) == [], seed


def _posterior(logits: Array, shares: Array) -> Array:
    """The logarithm of the probability of each class where its feature is one unit normal, with mean 2 for its own."""
    feature = logits - np.log(shares)
    odds = np.log(shares) + 2 * feature
    return np.asarray(odds - np.log(np.exp(odds).sum(axis=1, keepdims=True)))


def _times(p: Array, by: Array) -> Array:
    return np.asarray(p * by / (p * by).sum(axis=1, keepdims=True))


def test_what_class_weights_cannot_show_is_said() -> None:
    y, p = two(0, 400, 0.3)
    rows = {"y_true": y, "score": p}
    for weights, needs in (
        ({0: 1, 1: 1}, "weights that differ"),
        ({"cat": 1, "dog": 9}, "names of the classes: 0, 1"),
        ({0: 0, 1: 9}, "weights that differ"),
    ):
        assert needs in examine(rows, class_weight=weights).cannot_tell["class-weights-not-arriving"]
    few = examine({"y_true": y[:12], "score": p[:12]}, class_weight={0: 1, 1: 2})
    assert "more rows" in few.cannot_tell["class-weights-not-arriving"]
    logits = examine({"y_true": y, "score": np.log(p / (1 - p))}, class_weight={0: 1, 1: 9})
    assert "probabilities" in logits.cannot_tell["class-weights-not-arriving"]
