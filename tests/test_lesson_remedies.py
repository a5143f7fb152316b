"""The lesson remedies: an L1 penalty, features in other units, the diabetes set, and what tells its arms apart."""

from pathlib import Path

import numpy as np
import pytest
from helpers import plan

import mirage
from mirage.data.laws.diabetes import Diabetes
from mirage.data.laws.normals import Normals
from mirage.training.replicate import drawn

PRACTICES = ("l1", "l2", "dropout", "stopping", "small")
NETWORK = {"name": "normals", "n_train": 40, "n_test": 500, "n_features": 6, "n_informative": 6, "minority_share": 0.5}


def law(**settings: float) -> Normals:
    return Normals(**NETWORK, separation=2.0, shifted_share=0.5, **settings)  # type: ignore[arg-type]


def draw(of: Normals) -> dict[str, np.ndarray]:
    splits = of.draw(np.random.default_rng(1), np.random.default_rng(2))
    return {name: split.x for name, split in splits.items()}


def test_features_in_other_units_are_the_same_rows_in_other_numbers_and_as_probable() -> None:
    plain, other = draw(law()), draw(law(units=100.0))
    factors = other["test"][0] / plain["test"][0]
    assert factors[-1] / factors[0] == pytest.approx(100) and np.prod(factors) == pytest.approx(1)
    np.testing.assert_allclose(other["train"], plain["train"] * factors)
    probable = law().probability(plain["test"], None)
    np.testing.assert_allclose(law(units=100.0).probability(other["test"], None), probable)


def test_half_of_the_patients_are_of_class_1_and_their_features_are_as_measured() -> None:
    x, y = Diabetes(name="diabetes", n_train=2, n_test=1).rows()
    assert x.shape == (442, 10) and y.sum() == 221
    assert x[:, 0].min() > 18 and x[:, 0].max() < 80  # ages in years


def test_more_patients_than_there_are_is_one_line() -> None:
    few = mirage.plan("remedies_real", "only=[diabetes_none]", "arms.diabetes_none.data.n_train=400")
    with pytest.raises(mirage.CannotDraw, match="^data.n_train: got 400 beside 140 rows held out, expected"):
        drawn(few.arms["diabetes_none"], few.about.vary, seed=0)


def test_a_strength_below_0_is_one_line() -> None:
    with pytest.raises(mirage.ConfigError, match="model.l1: got -1.0, expected a number of at least 0 or null"):
        mirage.plan("remedies", "model.l1=-1.0")


def test_the_penalty_is_keras_own() -> None:
    import keras

    from mirage.models.elastic import Penalty

    kernel = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
    expected = keras.regularizers.L1L2(0.02, 0.3)(kernel)
    assert float(Penalty(0.02, 0.3)(kernel)) == pytest.approx(float(expected))


def test_on_many_clean_rows_an_l1_penalty_changes_little_and_stacked_training_with_it_equals_model_fit(
    tmp_path: Path,
) -> None:
    only = ["only=[clean_none,clean_l1]", f"results_dir={tmp_path}", "data.n_test=500"]
    results = mirage.run(mirage.plan("remedies", *only, seeds=range(2)))
    one, none = (results.values(arm, "test", "expected_log_loss") for arm in ("clean_l1", "clean_none"))
    assert (one != none).all() and np.abs(one - none).max() < 0.02
    found = {}
    for engine in ("stacked", "fit"):
        few = ["only=[clean_l1]", "arms.clean_l1.training.epochs=1", f"training.engine={engine}"]
        short = mirage.run(mirage.plan("remedies", *only[1:], *few))
        found[engine] = [*short.predictions("clean_l1", "test")[2][0], short.values("clean_l1", "model", "penalty")[0]]
    np.testing.assert_allclose(found["stacked"], found["fit"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("task", "divided"), [("noisy", 10), ("sparse", 4)])
def test_together_the_strengths_are_those_of_the_single_practices_divided_alike(task: str, divided: float) -> None:
    arms = plan("remedies").arms
    alone = {name: arms[f"{task}_{name}"] for name in PRACTICES}
    whole, full = arms[f"{task}_all"], arms[f"{task}_full"]
    for name in ("l1", "l2", "dropout"):
        assert getattr(full.model, name) == getattr(alone[name].model, name)
        assert getattr(full.model, name) / getattr(whole.model, name) == pytest.approx(divided)
    assert full.training == whole.training == alone["stopping"].training
    assert full.model.hidden == whole.model.hidden == alone["small"].model.hidden


def test_all_but_one_is_all_without_it() -> None:
    arms = plan("remedies").arms
    none, whole = arms["noisy_none"], arms["noisy_all"]
    for name in PRACTICES:
        less = arms[f"noisy_but_{name}"]
        if name == "stopping":
            assert less == whole.model_copy(update={"training": none.training})
        else:
            key = "hidden" if name == "small" else name
            without = whole.model.model_copy(update={key: getattr(none.model, key)})
            assert less == whole.model_copy(update={"model": without})
