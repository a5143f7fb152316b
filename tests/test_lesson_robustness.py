"""The lesson robustness: a law of products, noise inside a class, bins, and networks that lose hidden units."""

from pathlib import Path

import numpy as np
import pytest
from helpers import arm, plan, rows
from pydantic import ValidationError

import mirage
from mirage.data.laws.product import Product
from mirage.data.split import Split, Splits
from mirage.data.stages.disturb import Disturb
from mirage.data.streams import Streams
from mirage.metrics.moves import numbers

SEED = 3


def drawn(**settings: object) -> tuple[Product, Splits]:
    fields = {"n_train": 200, "n_test": 300, "n_features": 5, "decisive": 2, "gap": 0.1, **settings}
    law = Product(name="product", **fields)  # type: ignore[arg-type]
    return law, law.draw(np.random.default_rng(SEED), np.random.default_rng(SEED))


@pytest.mark.parametrize("decisive", [1, 2, 3])
def test_the_label_is_the_parity_of_the_decisive_features_and_a_known_share_is_flipped(decisive: int) -> None:
    law, splits = drawn(decisive=decisive, flipped=0.1)
    for name, n in (("train", 200), ("test", 300)):
        x, y, *_ = splits[name]
        below = np.sum(x[:, :decisive] < 0.5, axis=1)
        assert np.sum(y != (below % 2 == 0)) == n // 10
        assert np.abs(x - 0.5).min() >= 0.1 and x.min() >= 0 and x.max() <= 1
        assert set(law.probability(x, None)) == {0.1, 0.9}


def test_rows_out_of_company_hold_the_same_features_label_by_label() -> None:
    law, splits = drawn()
    test, unpaired = splits["test"], splits["test_unpaired"]
    assert (unpaired.y == test.y).all() and (np.delete(unpaired.x, 1, 1) == np.delete(test.x, 1, 1)).all()
    for label in (0, 1):
        own = test.y == label
        assert (np.sort(unpaired.x[own, 1]) == np.sort(test.x[own, 1])).all()
    right = np.mean((law.probability(unpaired.x, None) > 0.5) == unpaired.y)
    assert 0.4 < right < 0.6  # the rule itself is left with chance
    alone, splits = drawn(decisive=1)
    assert ((alone.probability(splits["test_unpaired"].x, None) > 0.5) == splits["test"].y).all()


def test_noise_moves_no_feature_further_than_asked_and_no_row_over_a_gap_as_wide() -> None:
    law, splits = drawn()
    noisy = Disturb(size=0.1).apply(splits, Streams(SEED, ["augment"]))
    moves = noisy["test_noisy"].x - splits["test"].x
    assert {**splits} == {name: split for name, split in noisy.items() if name != "test_noisy"}
    assert 0.09 < np.abs(moves).max() <= 0.1 and abs(moves.mean()) < 0.01
    assert (law.probability(noisy["test_noisy"].x, None) == law.probability(splits["test"].x, None)).all()


def test_the_scenarios_noise_leaves_the_rule_where_it_is_and_arms_differ_in_one_thing() -> None:
    for name, one in plan("robustness").arms.items():
        assert one.stages.disturb is not None and one.stages.disturb.size <= one.data.gap, name
    arms = dict(plan("robustness").arms)
    for name in ("dropout_2", "dropout_5", "l2"):
        assert arms[name].model_copy(update={"model": arms["network"].model}) == arms["network"], name
    splits = rows("robustness", "single")
    assert not (splits["test"].x == splits["test_noisy"].x).any()


def test_moves_are_the_mean_distance_and_the_share_of_other_decisions() -> None:
    scores = {"test": np.array([0.1, 0.4, 0.6, 0.9]), "test_noisy": np.array([0.2, 0.6, 0.6, 0.4])}
    found = numbers(scores, lambda p: (p > 0.5).astype(int))
    assert found == {"moved": pytest.approx(0.2), "decisions_moved": 0.5}
    still = numbers({"test": scores["test"], "test_noisy": scores["test"]}, lambda p: (p > 0.5).astype(int))
    assert still == {"moved": 0, "decisions_moved": 0}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("data.decisive=11", "data.decisive: got 11, expected at most data.n_features, which is 10"),
        ("data.gap=0.5", "data.gap: got 0.5, expected a number of at least 0 and below 0.5"),
        ("stages.disturb.size=0", "stages.disturb.size: got 0, expected a number above 0"),
        ("model.output=linear", "model.output: got linear, expected sigmoid: what a lost unit costs is a log loss"),
        ("arms.binned_5.model.bins=1", "arms.binned_5.model.bins: got 1, expected a whole number from 2 to 1000"),
    ],
)
def test_bad_settings_are_one_line(setting: str, expected: str) -> None:
    with pytest.raises((mirage.ConfigError, ValidationError), match="expected") as caught:
        plan("robustness", setting)
    assert expected in str(caught.value)


def test_a_network_without_a_unit_is_the_one_whose_outgoing_weights_are_0() -> None:
    """Two hidden layers by hand: what every unit's loss does to the output, in plain NumPy."""
    from mirage.models.variables import Variables

    random = np.random.default_rng(SEED)
    shapes = [(3, 4), (4,), (4, 2), (2,), (2, 1), (1,)]
    whole = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    x = random.standard_normal((7, 3))

    def said(values: list[np.ndarray], lost: tuple[int, int] | None = None) -> np.ndarray:
        a = x
        for layer in (0, 1):
            a = np.maximum(a @ values[2 * layer] + values[2 * layer + 1], 0)
            if lost is not None and lost[0] == layer:
                a = a * (np.arange(a.shape[1]) != lost[1])
        return a @ values[4] + values[5]

    model = arm("robustness", "network", "model.hidden=[4,2]").model
    without = list(model.without_each(Variables(whole, [])))
    places = [(0, unit) for unit in range(4)] + [(1, unit) for unit in range(2)]
    assert len(without) == len(places)
    for variables, place in zip(without, places, strict=True):
        np.testing.assert_allclose(said(variables.trainable), said(whole, place), atol=1e-6)


def test_what_lost_units_cost_is_told_by_the_worst_and_the_mean() -> None:
    from mirage.training.ablation import lost

    y, whole = np.array([0, 1]), np.array([0.25, 0.75])
    found = lost(y, whole, np.array([[0.25, 0.75], [0.25, 0.25]]))
    assert found["worst_unit"] == pytest.approx(np.log(3) / 2) and found["mean_unit"] == pytest.approx(np.log(3) / 4)
    assert found["worst_unit_decisions"] == 0.5 and found["mean_unit_decisions"] == 0.25


FEW = ["data.n_train=32", "data.n_test=40", "training.epochs=2"]


@pytest.mark.parametrize("name", ["binned_5", pytest.param("dropout_2", marks=pytest.mark.slow)])
def test_stacked_training_equals_model_fit_and_so_does_what_lost_units_cost(name: str, tmp_path: Path) -> None:
    found = {}
    for engine in ("stacked", "fit"):
        settings = [f"only=[{name}]", *FEW, f"training.engine={engine}", f"results_dir={tmp_path}"]
        results = mirage.run(mirage.plan("robustness", *settings, seeds=range(2)))
        units = [results.values(name, "model", number) for number in ("worst_unit", "mean_unit")]
        found[engine] = [results.predictions(name, "test")[2], *units]
        assert (len(units[0]) == 2) == (name == "dropout_2")
    for one, other in zip(found["stacked"], found["fit"], strict=True):
        assert len(one) == 0 or one.std() > 1e-5
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_bins_round_to_the_middle_and_as_many_as_asked() -> None:
    from mirage.models.bins import Bins

    x = np.array([[-0.1, 0, 0.24, 0.26, 0.99, 1.2]], np.float32)
    layer = Bins(4)
    np.testing.assert_allclose(np.asarray(layer(x)), [[0.125, 0.125, 0.125, 0.375, 0.875, 0.875]])


def test_a_split_of_test_rows_keeps_its_role_under_noise() -> None:
    test = Split(np.zeros((4, 2)), np.array([0, 1, 0, 1]), share=0.5)
    noisy = Disturb(size=1, seed=0).apply({"train": test, "test": test}, Streams(0, []))["test_noisy"]
    assert noisy.role == test.role and noisy.share == test.share and (noisy.y == test.y).all()
