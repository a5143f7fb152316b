"""What articles say that needs no seeds: definitions of penalty, patience and scores, held to what they stand for."""

import keras
import numpy as np
import pytest
import sklearn.metrics as sk
from sklearn.linear_model import Lasso, Ridge

WEIGHTS = np.array([[1.5, -2.0], [0.0, 0.25]], dtype="float32")


def test_an_l1_penalty_adds_the_absolute_weights_and_an_l2_penalty_their_squares() -> None:
    """Article four; in scikit-learn only up to factors: Lasso halves the mean squared error, Ridge takes the sum."""
    assert float(keras.regularizers.L1(0.1)(WEIGHTS)) == pytest.approx(0.1 * np.abs(WEIGHTS).sum())
    assert float(keras.regularizers.L2(0.1)(WEIGHTS)) == pytest.approx(0.1 * (WEIGHTS**2).sum())

    random = np.random.default_rng(0)
    x = random.standard_normal((50, 3))
    y = x @ [2, -1, 0] + random.standard_normal(50)
    lasso, ridge = Lasso(alpha=0.5, fit_intercept=False, tol=1e-10), Ridge(alpha=5, fit_intercept=False)
    for model, penalty, fit in ((lasso, np.abs, lambda e: np.mean(e**2) / 2), (ridge, np.square, lambda e: e @ e)):
        found = model.fit(x, y).coef_

        def loss(w: np.ndarray, model=model, penalty=penalty, fit=fit) -> float:
            return float(fit(y - x @ w) + model.alpha * penalty(w).sum())

        moved = found + 0.01 * random.standard_normal((200, 3))
        assert min(map(loss, moved)) > loss(found)


def test_patience_counts_epochs_without_a_new_best_also_those_that_get_better() -> None:
    """Article four says that it counts epochs in which the loss gets worse; here only the first of them does."""
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.stop_training = False
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, loss in enumerate([1.0, 0.5, 0.9, 0.8, 0.7, 0.6]):
        stopping.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    assert (epoch, loss) == (4, 0.7)


def test_accuracy_is_an_average_over_rows_and_f1_is_not() -> None:
    """Article three calls both averages over a whole test set."""
    y, decided = np.array([1, 1, 0, 0, 0, 0, 0, 1]), np.array([1, 1, 0, 0, 0, 0, 1, 0])
    halves = [(y[:4], decided[:4]), (y[4:], decided[4:])]
    assert np.mean([sk.accuracy_score(*half) for half in halves]) == sk.accuracy_score(y, decided)
    assert np.mean([sk.f1_score(*half) for half in halves]) == 0.5
    assert sk.f1_score(y, decided) == pytest.approx(2 / 3)


def test_the_confusion_matrix_says_what_accuracy_says_and_more() -> None:
    """Article five: accuracy follows from the matrix, not the matrix from accuracy."""
    y = np.repeat([0, 1], [90, 10])
    never, half = np.zeros(100, int), np.concatenate([np.repeat([1, 0], [5, 85]), np.repeat([1, 0], [5, 5])])
    matrices = [sk.confusion_matrix(y, decided) for decided in (never, half)]
    assert [np.trace(m) / m.sum() for m in matrices] == [sk.accuracy_score(y, d) for d in (never, half)] == [0.9, 0.9]
    assert [m[1, 1] for m in matrices] == [0, 5]
