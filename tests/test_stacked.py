"""Stacked training equals model.fit, and a replica's bytes depend on nothing but the replica."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import optimizers

from mirage.data.streams import Streams
from mirage.models.kinds.mlp import Mlp
from mirage.models.variables import CannotStackError, Variables, initial
from mirage.training import elementwise, stacked
from mirage.training.batches import Rows
from mirage.training.fit import fit, fit_one_by_one
from mirage.training.program import Program
from mirage.training.stacked import Fitted
from mirage.training.stopping import Stopping

WIDTH = 4
ROWS, BATCH, FEATURES = 23, 8, 3  # two full batches and a partial one
EPOCHS = 15
FEW_STEPS = 18  # per chunk: 15 epochs of 3 steps are three chunks, the last one short


def mlp(*hidden: int, **settings: Any) -> Mlp:
    """A small classifier of the kind that scenarios name."""
    return Mlp(name="mlp", hidden=list(hidden), activation="relu", output="sigmoid", members=1, **settings)


def started(kind: Mlp, seed: int = 0) -> keras.Model:
    """A network of that kind at the start of a replicate."""
    model = kind.build((FEATURES,))
    initial(model, Streams(seed, ("init", "dropout"))).assign_to(model)
    return model


def data(seeds: list[int], rows: int = ROWS) -> Rows:
    """Noisy labels that depend on the first feature; another draw for every seed."""
    draws = [np.random.default_rng((7, seed)) for seed in seeds]
    x = np.stack([d.normal(size=(rows, FEATURES)) for d in draws]).astype("float32")
    noise = np.stack([d.normal(size=rows) for d in draws])
    return Rows(x, (x[:, :, 0] + noise > 0).astype("float32"))


def shuffles(seeds: list[int], rows: int = ROWS) -> Callable[[int], np.ndarray]:
    draws = [np.random.default_rng((8, seed)) for seed in seeds]
    return lambda epochs: np.stack([d.permuted(np.tile(np.arange(rows), (epochs, 1)), axis=1) for d in draws])


def stack(model: keras.Model, **settings: Any) -> Program:
    settings = {"optimizer": optimizers.Adam(), "batch_size": BATCH, "width": WIDTH} | settings
    return Program(model, loss=keras.losses.BinaryCrossentropy(), **settings)


def train(trainer: Program, kind: Mlp, seeds: list[int], rows: Rows, validation: Rows, steps: int) -> list[Fitted]:
    start, told = [Variables.of(started(kind, seed)) for seed in seeds], {"epochs": EPOCHS, "steps_per_chunk": steps}
    return stacked.fit(trainer, start, rows, orders=shuffles(seeds), validation=validation, **told)


STOPPING = Stopping(patience=3, monitor="loss", min_delta=0.01, restore_best_weights=True)
CASES: dict[str, tuple[Mlp, dict[str, Any]]] = {
    "batch norm and dropout": (mlp(8, batch_norm=True, dropout=0.3), {}),
    "l2 and class weights": (mlp(16, 8, l2=0.01), {"class_weight": {0: 1.0, 1: 3.0}}),
    "stopping on accuracy, last weights": (mlp(16, 8), {"stopping": Stopping(4, "val_accuracy", "max", 0.01)}),
    "all of it": (mlp(16, 8, batch_norm=True, dropout=0.3, l2=0.01), {"stopping": STOPPING}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_replica_equals_model_fit(case):
    kind, settings = CASES[case]
    stopping, class_weight = settings.get("stopping"), settings.get("class_weight")
    seeds = [3, 5, 6]
    rows, validation = data(seeds), data([s + 100 for s in seeds], 19)
    if class_weight:
        rows = rows._replace(weight=np.where(rows.y == 1, class_weight[1], class_weight[0]).astype("float32"))
    metrics = [keras.metrics.BinaryAccuracy(name="accuracy")]
    trainer = stack(started(kind), metrics=metrics, stopping=stopping)
    fitted = train(trainer, kind, seeds, rows, validation, FEW_STEPS)
    predicted = stacked.predict(trainer, [f.variables for f in fitted], validation.x)
    r = 1 if stopping is STOPPING else 2  # one that stops, and not at once
    model = started(kind, seeds[r])
    expected = fit(
        model,
        Variables.of(model),
        Rows(*(None if a is None else a[r] for a in rows)),
        loss=keras.losses.BinaryCrossentropy(),
        optimizer=optimizers.Adam(),
        metrics=metrics,
        batch_size=BATCH,
        stopping=stopping,
        epochs=EPOCHS,
        order=shuffles(seeds)(EPOCHS)[r],
        validation=Rows(validation.x[r], validation.y[r]),
        jit_compile=True,
    )
    assert fitted[r].history.keys() == expected.history.keys()
    assert (fitted[r].epochs_run, fitted[r].best_epoch) == (expected.epochs_run, expected.best_epoch)
    for name, values in expected.history.items():
        np.testing.assert_allclose(fitted[r].history[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(predicted[r], model.predict(validation.x[r], verbose=0), rtol=1e-5, atol=1e-6)
    assert not stopping or 0 < expected.best_epoch < expected.epochs_run < EPOCHS, "the case tests nothing"


EVERYTHING = mlp(8, dropout=0.3, batch_norm=True)  # all that could leak between replicas or chunks, stopping besides


@pytest.fixture(scope="module")
def trainer() -> Program:
    return stack(started(EVERYTHING), stopping=STOPPING)


def result_bytes(trainer: Program, seeds: list[int], seed: int, steps: int = FEW_STEPS) -> bytes:
    """All numbers of one replica, trained in a stack of these seeds."""
    validation, r = data([s + 100 for s in seeds], 19), seeds.index(seed)
    fitted = train(trainer, EVERYTHING, seeds, data(seeds), validation, steps)
    predicted = stacked.predict(trainer, [f.variables for f in fitted], validation.x)
    arrays = [*fitted[r].variables.trainable, *fitted[r].variables.state, *fitted[r].history.values(), predicted[r]]
    return b"".join(a.tobytes() for a in arrays)


def test_a_replica_is_the_same_bytes_in_any_company_and_place(trainer):
    alone = result_bytes(trainer, [3], 3)
    for company in ([3, 4, 5, 6], [6, 9, 3], [8, 7, 6, 3], [1, 3]):
        assert result_bytes(trainer, company, 3) == alone, f"in the company of {company}"


def test_a_replica_is_the_same_bytes_in_another_process_with_other_threads_and_chunks(trainer):
    program = (
        "import hashlib, test_stacked as t; trainer = t.stack(t.started(t.EVERYTHING), stopping=t.STOPPING); "
        "print(hashlib.sha256(t.result_bytes(trainer, [5, 3], 3, steps=7)).hexdigest())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        env=os.environ | {"TF_NUM_INTRAOP_THREADS": "1" if len(os.sched_getaffinity(0)) > 1 else "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == hashlib.sha256(result_bytes(trainer, [3], 3)).hexdigest()


def test_a_program_trains_arms_of_any_rate_and_number_of_rows_as_their_own_programs_do():
    """Dropout rate, penalty, learning rate, patience and rows are inputs: only which batches there are is traced."""
    rates = {"dropout": 0.6, "l2": 0.2}
    shared = stack(started(mlp(8, dropout=0.3, l2=0.01)), stopping=STOPPING)
    own = stack(
        started(mlp(8, **rates)), stopping=dataclasses.replace(STOPPING, patience=1), optimizer=optimizers.Adam(0.05)
    )
    start, made = [Variables.of(started(mlp(8, **rates), seed)) for seed in (3, 5)], {}
    for rows in (ROWS, 19, 8, 5, 7):  # with a partial batch, a whole one, less than one
        for name, trainer, given in (("shared", shared, {"learning_rate": 0.05, "patience": 1}), ("own", own, {})):
            made[name] = stacked.fit(
                trainer, start, data([3, 5], rows), epochs=EPOCHS, orders=shuffles([3, 5], rows), **given
            )
        for one, other in zip(made["shared"], made["own"], strict=True):
            assert one.history["loss"].tobytes() == other.history["loss"].tobytes()
            assert b"".join(map(bytes, one.variables.trainable)) == b"".join(map(bytes, other.variables.trainable))
    assert shared._training.experimental_get_tracing_count() == 3


def test_validation_at_some_epochs_gives_what_model_fit_gives_there_and_says_where():
    kind, seeds, wanted = mlp(8), [3, 5], [1, 2, 6, 11, 40]
    rows, validation = data(seeds), data([s + 100 for s in seeds], 19)
    start = [Variables.of(started(kind, seed)) for seed in seeds]
    told = {"epochs": EPOCHS, "validation": validation, "steps_per_chunk": FEW_STEPS}
    dense = stacked.fit(stack(started(kind)), start, rows, orders=shuffles(seeds), **told)
    trainer = stack(started(kind), sparse=True)
    sparse = stacked.fit(trainer, start, rows, orders=shuffles(seeds), validation_epochs=wanted, **told)
    [expected, _] = fit_one_by_one(
        trainer, start, rows, epochs=EPOCHS, orders=shuffles(seeds), validation=validation, validation_epochs=wanted,
        learning_rate=0.001, patience=None, progress=lambda done: None,
    )  # fmt: skip
    assert list(sparse[0].history) == list(expected.history) == ["loss", "val_loss", "val_epochs"]
    for one, other in zip(sparse, dense, strict=True):
        assert one.history["val_epochs"].tolist() == [1, 2, 6, 11]
        np.testing.assert_allclose(one.history["val_loss"], other.history["val_loss"][[0, 1, 5, 10]], rtol=1e-6)
        np.testing.assert_allclose(one.history["loss"], other.history["loss"], rtol=1e-6)
    for name, values in expected.history.items():
        np.testing.assert_allclose(sparse[0].history[name], values, rtol=1e-5, err_msg=name)


def test_threads_that_share_a_program_give_the_bytes_of_one():
    shared = stack(started(EVERYTHING), stopping=STOPPING)
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(lambda seed: result_bytes(shared, [seed, 9], seed), [3, 5, 6]))
    assert made == [result_bytes(shared, [seed], seed) for seed in (3, 5, 6)]


MIXERS = [optimizers.Lamb(), optimizers.Adafactor(), optimizers.Muon(), optimizers.Adam(clipnorm=1.0)]
MIXERS += [optimizers.SGD(global_clipnorm=1.0), optimizers.SGD(use_ema=True)]


@pytest.mark.parametrize("optimizer", MIXERS)
def test_an_optimizer_that_mixes_elements_is_refused(optimizer):
    with pytest.raises(CannotStackError, match="optimizer.*expected"):
        stack(started(EVERYTHING), optimizer=optimizer)


@pytest.mark.parametrize("optimizer", elementwise.ELEMENTWISE)
def test_an_elementwise_optimizer_moves_stacked_variables_as_it_moves_single_ones(optimizer):
    draw = np.random.default_rng(0)
    start = draw.normal(size=(3, 5, 2)).astype("float32")
    slopes = draw.normal(size=(4, 3, 5, 2)).astype("float32")

    def moved(values, slopes):
        variable, rule = keras.Variable(values), optimizer(learning_rate=0.1, weight_decay=0.01, clipvalue=0.5)
        for slope in slopes:
            rule.apply([keras.ops.convert_to_tensor(slope)], [variable])
        return variable.numpy()

    def moved_by_the_program(values, slopes):
        rule = elementwise.functional(optimizer(learning_rate=0.1, weight_decay=0.01, clipvalue=0.5))
        rule.build([keras.Variable(values)])
        weights, state = [values], [v.value for v in rule.variables]
        for slope in slopes:
            weights, state = rule.stateless_apply(state, [keras.ops.convert_to_tensor(slope)], weights)
        return np.array(weights[0])

    alone = [moved(start[r], slopes[:, r]) for r in range(3)]
    np.testing.assert_allclose(moved(start, slopes), alone, rtol=1e-6)
    np.testing.assert_allclose(moved_by_the_program(start, slopes), alone, rtol=1e-6)
