"""Classical models: what scikit-learn fits and predicts when called directly."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mirage import classical, config
from mirage.data import Split


def splits(rows: int = 80, features: int = 4, seed: int = 0) -> dict[str, Split]:
    """Labels that follow the first feature, with noise."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows + 30, features))
    y = (x[:, 0] + 0.3 * rng.normal(size=rows + 30) > 0.5).astype(int)
    return {"train": Split(x[:rows], y[:rows]), "test": Split(x[rows:], y[rows:])}


def model(kind: str, **settings: object) -> config.Model:
    unset = dict.fromkeys(name for names in config.MODELS.values() for name in names)
    return config.Model(kind, **(unset | settings))


DIRECT = {
    "logistic": (model("logistic", penalty="l2", inverse_penalty=1.0), LogisticRegression()),
    "logistic, strong penalty": (model("logistic", penalty="l2", inverse_penalty=0.01), LogisticRegression(C=0.01)),
    "ridge": (model("ridge", alpha=1.0), Ridge()),
    "ridge, strong": (model("ridge", alpha=10.0), Ridge(alpha=10.0)),
    "lasso": (model("lasso", alpha=1.0), Lasso()),
    "lasso, weak": (model("lasso", alpha=0.01), Lasso(alpha=0.01)),
}


@pytest.mark.parametrize("case", DIRECT)
def test_scores_and_weights_are_those_of_scikit_learn(case: str) -> None:
    settings, estimator = DIRECT[case]
    data = splits()
    scores, numbers = classical.fit(settings, data)
    with threadpool_limits(1):
        estimator.fit(*data["train"])
        predict = (lambda x: estimator.predict_proba(x)[:, 1]) if "logistic" in case else estimator.predict
        assert list(scores) == list(data)
        for name, (x, _) in data.items():
            np.testing.assert_array_equal(scores[name], predict(x))
    weights = estimator.coef_.ravel()
    assert numbers == {
        "nonzero_weights": np.sum(weights != 0),
        "weight_norm": pytest.approx(np.sqrt((weights**2).sum()), rel=1e-12),
    }
    assert all(type(value) is float for value in numbers.values())


C = 0.7


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("penalty", config.PENALTIES)
def test_the_weights_of_a_logistic_regression_are_where_its_objective_is_least(penalty: str) -> None:
    """Exact conditions of the minimum of C * log loss + penalty, the intercept free: no matter which solver."""
    data = splits()
    x, y = data["train"]
    estimator = classical.logistic(model("logistic", penalty=penalty, inverse_penalty=C)).fit(x, y)
    errors = estimator.predict_proba(x)[:, 1] - y
    slope, w = C * x.T @ errors, estimator.coef_[0]
    assert errors.sum() == pytest.approx(0, abs=2e-2)
    if penalty == "none":
        np.testing.assert_allclose(x.T @ errors, 0, atol=2e-2)
    elif penalty == "l2":
        np.testing.assert_allclose(slope, -w, atol=2e-2)
    else:
        np.testing.assert_allclose(slope[w != 0], -np.sign(w[w != 0]), atol=2e-2)
        assert (np.abs(slope[w == 0]) <= 1 + 2e-2).all() and (w == 0).any() and (w != 0).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("penalty", config.PENALTIES)
def test_logistic_scores_are_those_of_scikit_learn_called_directly(penalty: str) -> None:
    data = splits()
    direct = {
        "none": LogisticRegression(C=np.inf, max_iter=10_000),
        "l1": LogisticRegression(C=C, l1_ratio=1, solver="saga", tol=1e-5, max_iter=10_000, random_state=0),
        "l2": LogisticRegression(C=C),
    }[penalty]
    scores, numbers = classical.fit(model("logistic", penalty=penalty, inverse_penalty=C), data)
    with threadpool_limits(1):
        direct.fit(*data["train"])
    np.testing.assert_array_equal(scores["test"], direct.predict_proba(data["test"].x)[:, 1])
    assert numbers["nonzero_weights"] == np.count_nonzero(direct.coef_)


def test_weights_of_informative_features_and_of_noise_are_counted_apart() -> None:
    settings, data = model("logistic", penalty="l1", inverse_penalty=C), splits(features=8)
    estimator = classical.logistic(settings).fit(*data["train"])
    for informative in (1, 3, 8):
        _, numbers = classical.fit(settings, data, informative)
        assert numbers["nonzero_informative"] == np.count_nonzero(estimator.coef_[0][:informative])
        assert numbers["nonzero_noise"] == np.count_nonzero(estimator.coef_[0][informative:])
        assert numbers["nonzero_informative"] + numbers["nonzero_noise"] == numbers["nonzero_weights"]
    assert 0 < numbers["nonzero_weights"] < 8


def test_every_kind_that_keras_does_not_train_is_here() -> None:
    assert set(classical.ESTIMATORS) == set(config.MODELS) - set(config.TRAINED_BY_KERAS)


def test_ridge_without_a_penalty_is_least_squares() -> None:
    data = splits()
    scores, _ = classical.fit(model("ridge", alpha=0.0), data)
    np.testing.assert_allclose(scores["test"], LinearRegression().fit(*data["train"]).predict(data["test"].x))


def test_the_strongest_lasso_leaves_no_weight_and_says_the_share() -> None:
    data = splits()
    scores, numbers = classical.fit(model("lasso", alpha=1.0), data)
    assert numbers == {"nonzero_weights": 0, "weight_norm": 0}
    np.testing.assert_allclose(scores["test"], data["train"].y.mean())


def test_only_the_training_rows_are_fitted() -> None:
    data = splits()
    other = data | {"test": Split(data["test"].x, 1 - data["test"].y)}
    for kind, settings in (("logistic", {"penalty": "l2", "inverse_penalty": 1.0}), ("ridge", {"alpha": 1.0})):
        one, same = (classical.fit(model(kind, **settings), d) for d in (data, other))
        np.testing.assert_array_equal(one[0]["test"], same[0]["test"])
        assert one[1] == same[1]


def test_the_number_of_threads_changes_no_byte() -> None:
    script = """
        import hashlib, sys
        sys.path.insert(0, sys.argv[1])
        import test_classical as t
        told = hashlib.sha256()
        data = t.splits(rows=3000, features=60)
        for settings, _ in t.DIRECT.values():
            scores, numbers = t.classical.fit(settings, data)
            told.update(scores["test"].tobytes() + repr(numbers).encode())
        print(told.hexdigest())
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(Path(__file__).parent)]
    said = {
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=60,
            env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(n)),
        ).stdout
        for n in (1, 4)
    }  # fmt: skip
    assert len(said) == 1
