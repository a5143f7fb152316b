"""One training watched by many sets: stopping applied afterwards is what model.fit does with each set by itself."""

import keras
import numpy as np
import pytest
from keras import optimizers
from test_stacked import BATCH, EPOCHS, FEW_STEPS, WIDTH, data, mlp, shuffles, started

from mirage.api import plan
from mirage.data.split import CannotDraw
from mirage.metrics import stopping
from mirage.metrics.decisions import Stopped
from mirage.models.variables import Variables
from mirage.training import stacked, watched
from mirage.training.batches import Rows
from mirage.training.fit import fit, fit_one_by_one
from mirage.training.stopping import Stopping

KIND = mlp(16, 8, l2=0.01)  # a penalty, which Keras adds to every loss that it prints
SEEDS, SETS, SIZE = [3, 5, 6], 4, 7
ACCURACY = [keras.metrics.BinaryAccuracy(name="accuracy")]
RULES = {"by loss": ("val_loss", 2), "by accuracy": ("val_accuracy", 3), "without patience": ("val_loss", 0)}


def starts() -> list[Variables]:
    return [Variables.of(started(KIND, seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def pool() -> Rows:
    """The rows that are cut into sets."""
    return data([seed + 100 for seed in SEEDS], SETS * SIZE)


@pytest.fixture(scope="module")
def program() -> watched.WatchedSets:
    optimizer, loss = optimizers.Adam(0.05), keras.losses.BinaryCrossentropy()
    return watched.WatchedSets(started(KIND), loss, optimizer, WIDTH, BATCH, ACCURACY, sets=SETS)


@pytest.fixture(scope="module")
def trained(program: watched.WatchedSets, pool: Rows) -> list[stacked.Fitted]:
    """Whole trainings, watched by every set."""
    told = {"epochs": EPOCHS, "validation": pool, "steps_per_chunk": FEW_STEPS}
    return stacked.fit(program, starts(), data(SEEDS), orders=shuffles(SEEDS), **told)


def one_set(pool: Rows, replica: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    return tuple(watched.of_set(a[replica], number, SETS) for a in (pool.x, pool.y))


def stopped_by(pool: Rows, replica: int, number: int, rule: Stopping) -> tuple[stacked.Fitted, keras.Model]:
    """What ``model.fit`` gives with this one set as its validation data, and the network it leaves."""
    model = started(KIND, SEEDS[replica])
    fitted = fit(
        model,
        Variables.of(model),
        Rows(*(None if a is None else a[replica] for a in data(SEEDS))),
        loss=keras.losses.BinaryCrossentropy(),
        optimizer=optimizers.Adam(0.05),
        metrics=ACCURACY,
        batch_size=BATCH,
        stopping=rule,
        epochs=EPOCHS,
        order=shuffles(SEEDS)(EPOCHS)[replica],
        validation=Rows(*one_set(pool, replica, number)),
    )
    return fitted, model


@pytest.mark.parametrize("case", RULES)
def test_a_rule_applied_to_a_set_of_a_whole_training_gives_what_model_fit_gives_when_it_watches_that_set(
    case: str, trained: list[stacked.Fitted], pool: Rows
) -> None:
    monitor, patience = RULES[case]
    rule = Stopping(patience, monitor, "min" if monitor == "val_loss" else "max", restore_best_weights=True)
    lengths = set()
    for replica in (0, 2):
        path = trained[replica].history[f"val_set_{monitor.removeprefix('val_')}"]
        run, kept = stopping.kept(path if monitor == "val_loss" else -path, patience)
        for number in (0, 3):
            expected, model = stopped_by(pool, replica, number, rule)
            assert (run[number], kept[number]) == (expected.epochs_run, expected.best_epoch)
            x, y = one_set(pool, replica, number)
            loss, accuracy = model.evaluate(x, y, batch_size=SIZE, verbose=0)
            for name, value in (("loss", loss), ("accuracy", accuracy)):
                found = trained[replica].history[f"val_set_{name}"][kept[number], number]
                assert found == pytest.approx(value, rel=1e-5)
            lengths.add(expected.epochs_run)
    assert len(lengths) > 1 and min(lengths) < EPOCHS, "the case tests nothing"


def test_plain_model_fit_records_the_same_sets(
    program: watched.WatchedSets, trained: list[stacked.Fitted], pool: Rows
) -> None:
    [expected, *_] = fit_one_by_one(
        program, starts()[:1], data(SEEDS), epochs=EPOCHS, orders=shuffles(SEEDS), validation=pool,
        validation_epochs=None, learning_rate=0.05, patience=None, progress=lambda done: None,
    )  # fmt: skip
    assert trained[0].history.keys() == expected.history.keys()
    assert expected.history["val_set_loss"].shape == (EPOCHS, SETS)
    for name, values in expected.history.items():
        np.testing.assert_allclose(trained[0].history[name], values, rtol=1e-4, atol=1e-6, err_msg=name)


def test_watching_changes_no_weight_and_all_rows_together_score_the_mean_of_the_sets(
    program: watched.WatchedSets, trained: list[stacked.Fitted], pool: Rows
) -> None:
    plain = watched.Program(started(KIND), program.loss, program.optimizer, WIDTH, BATCH, ACCURACY)
    told = {"epochs": EPOCHS, "validation": pool, "steps_per_chunk": FEW_STEPS}
    for one, other in zip(
        trained, stacked.fit(plain, starts(), data(SEEDS), orders=shuffles(SEEDS), **told), strict=True
    ):
        np.testing.assert_allclose(one.history["val_loss"], other.history["val_loss"], rtol=1e-5)
        np.testing.assert_allclose(one.history["val_set_accuracy"].mean(axis=1), other.history["val_accuracy"], 1e-5)
        for weights, same in zip(one.variables.trainable, other.variables.trainable, strict=True):
            np.testing.assert_allclose(weights, same, rtol=1e-4, atol=1e-6)


def test_sets_are_disjoint_have_all_rows_and_their_part_of_a_sorted_split() -> None:
    rows = np.repeat([0, 1], 10)
    cut = [watched.of_set(np.arange(20), number, 5) for number in range(5)]
    assert sorted(np.concatenate(cut)) == list(range(20))
    assert all(rows[own].mean() == 0.5 for own in cut)
    with pytest.raises(CannotDraw, match=r"watched_sets: got 3, expected a number that divides the 20 rows"):
        watched.check(3, 20)


LOSS = np.array([[3, 1.0], [2, 2], [4, 3], [1, 4], [5, 5], [6, 6]])  # [epoch, set]
ACCURACIES = np.array([[0.5, 0.9], [0.6, 0.7], [0.7, 0.5], [0.8, 0.4], [0.9, 0.2], [1.0, 0.1]])


@pytest.mark.parametrize(
    ("monitor", "patience", "run", "kept"),
    [
        ("val_loss", 0, (3 + 2) / 2, (2 + 1) / 2),  # stops at the first epoch that is not the best so far
        ("val_loss", 2, (6 + 3) / 2, (4 + 1) / 2),
        ("val_loss", 9, 6, (4 + 1) / 2),  # runs to the end
        ("val_accuracy", 1, (6 + 2) / 2, (6 + 1) / 2),
    ],
)
def test_what_a_rule_gives_is_averaged_over_sets_and_the_other_sets_are_the_fresh_rows(
    monitor: str, patience: int, run: float, kept: float
) -> None:
    history = {"val_set_loss": LOSS, "val_set_accuracy": ACCURACIES}
    found = stopping.numbers(Stopped(monitor=monitor, patience=patience), history)
    assert (found["stopped_epochs"], found["kept_epoch"]) == (run, kept)
    if (monitor, patience) == ("val_loss", 2):
        assert found["watched_log_loss"] == (1 + 1) / 2 and found["fresh_log_loss"] == (4 + 3) / 2
        assert found["watched_accuracy"] == pytest.approx((0.8 + 0.9) / 2)
        assert found["fresh_accuracy"] == pytest.approx((0.4 + 0.5) / 2)


def test_joined_sets_score_as_their_rows_together_and_what_is_left_over_is_in_none() -> None:
    history = {"val_set_loss": np.array([[1, 3, 5, 7, 9.0]]), "val_set_accuracy": np.zeros((1, 5))}
    found = stopping.numbers(Stopped(monitor="val_loss", patience=0, joined=2), history)
    assert (found["watched_log_loss"], found["fresh_log_loss"]) == (4, 4)  # sets of 2 and 6


def test_a_set_that_chooses_nothing_flatters_by_nothing() -> None:
    """All sets keep one epoch: what is watched and what is fresh are the same rows on average."""
    draw = np.random.default_rng(0)
    history = {"val_set_loss": draw.random((1, 50)), "val_set_accuracy": draw.random((1, 50))}
    found = stopping.numbers(Stopped(monitor="val_loss", patience=0), history)
    assert found["watched_accuracy"] == pytest.approx(found["fresh_accuracy"])


def test_the_controlled_scenarios_rules_share_one_training() -> None:
    arms = plan("early_stopping_on_test_controlled").arms
    by_law = {name: arm.data for name, arm in arms.items()}
    for name, arm in arms.items():
        alike = arms["random" if name.startswith("random") else "stopped"]
        assert (by_law[name], arm.training, arm.model) == (alike.data, alike.training, alike.model)
