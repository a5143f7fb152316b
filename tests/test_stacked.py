"""Stacked training equals model.fit, and a replica's bytes depend on nothing but the replica."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from mirage.data.streams import Streams
from mirage.models import layers
from mirage.models.kinds.mlp import Mlp
from mirage.models.variables import CannotStackError, Variables, initial
from mirage.training import stacked
from mirage.training.fit import fit
from mirage.training.stacked import Fitted, Rows, Stack, Stopping

WIDTH = 4
ROWS, BATCH, FEATURES = 23, 8, 3  # two full batches and a partial one
EPOCHS = 15
FEW_STEPS = 18  # per chunk: 15 epochs of 3 steps are three chunks, the last one short


def network(
    seed: int, *, hidden: tuple[int, ...] = (16, 8), dropout: str = "", l2: float = 0.0, batch_norm: bool = False
) -> keras.Model:
    """A small classifier with every initial value fixed by the seed."""
    glorot = keras.initializers.GlorotUniform
    regularizer = keras.regularizers.L2(l2) if l2 else None
    blocks: list[Any] = [keras.Input((FEATURES,))]
    for i, units in enumerate(hidden):
        blocks.append(
            keras.layers.Dense(
                units, activation="relu", kernel_initializer=glorot(seed * 10 + i), kernel_regularizer=regularizer
            )
        )
        if batch_norm:
            blocks.append(keras.layers.BatchNormalization(momentum=0.8))
        if dropout:
            kind = {"keras": keras.layers.Dropout, "ours": layers.Dropout}[dropout]
            blocks.append(kind(0.3, seed=seed * 10 + i))
    blocks.append(keras.layers.Dense(1, activation="sigmoid", kernel_initializer=glorot(seed * 10 + 9)))
    return keras.Sequential(blocks)


def mlp(*hidden: int, **settings: Any) -> Mlp:
    """A small classifier of the kind that scenarios name."""
    return Mlp(name="mlp", hidden=list(hidden), activation="relu", output="sigmoid", members=1, **settings)


def started(kind: Mlp, seed: int) -> keras.Model:
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


def stack(build: Callable[[int], keras.Model], **settings: Any) -> Stack:
    settings = {"optimizer": keras.optimizers.Adam(), "batch_size": BATCH, "width": WIDTH} | settings
    return Stack(build(0), loss=keras.losses.BinaryCrossentropy(), **settings)


def train(
    trainer: Stack, build: Callable[[int], keras.Model], seeds: list[int], epochs: int = EPOCHS, **settings: Any
) -> list[Fitted]:
    return trainer.fit(
        [Variables.of(build(seed)) for seed in seeds],
        settings.pop("rows", data(seeds)),
        epochs=epochs,
        orders=shuffles(seeds),
        **{"steps_per_chunk": FEW_STEPS} | settings,
    )


STOPPING = Stopping(patience=2, min_delta=0.02, restore_best_weights=True)
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "keras dropout": {"dropout": "keras"},
    "mlp with batch norm": {"kind": mlp(8, batch_norm=True)},
    "mlp with batch norm and dropout": {"kind": mlp(8, batch_norm=True, dropout=0.3)},
    "l2 and class weights": {"l2": 0.01, "class_weight": {0: 1.0, 1: 3.0}},
    "early stopping": {"stopping": STOPPING},
    "early stopping on accuracy, last weights": {"stopping": Stopping(4, "val_accuracy", "max", 0.01)},
    "mlp with all of it": {"kind": mlp(16, 8, batch_norm=True, dropout=0.3, l2=0.01), "stopping": STOPPING},
}


# The quick cases have all that these have, but for the Dropout of Keras itself, which no kind uses.
SLOW = ("keras dropout", "mlp with batch norm", "early stopping")


@pytest.mark.parametrize("case", [pytest.param(c, marks=pytest.mark.slow) if c in SLOW else c for c in CASES])
def test_a_replica_equals_model_fit(case: str) -> None:
    settings = dict(CASES[case])
    stopping, class_weight = settings.pop("stopping", None), settings.pop("class_weight", None)

    def build(seed: int) -> keras.Model:
        return started(settings["kind"], seed) if "kind" in settings else network(seed, **settings)

    seeds = [3, 5, 6]
    rows, validation = data(seeds), data([s + 100 for s in seeds], 19)
    if class_weight:
        rows = rows._replace(weight=np.where(rows.y == 1, class_weight[1], class_weight[0]).astype("float32"))
    metrics = [keras.metrics.BinaryAccuracy(name="accuracy")]
    trainer = stack(build, metrics=metrics, stopping=stopping)
    fitted = train(trainer, build, seeds, rows=rows, validation=validation)
    predicted = trainer.predict([f.variables for f in fitted], validation.x)
    r, model = 1, build(seeds[1])
    expected = fit(
        model,
        Variables.of(model),
        Rows(*(None if a is None else a[r] for a in rows)),
        loss=keras.losses.BinaryCrossentropy(),
        optimizer=keras.optimizers.Adam(),
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
    if stopping:
        assert expected.epochs_run < EPOCHS, "the rule never stopped anything: the case tests nothing"


def everything(seed: int) -> keras.Model:
    """All that could leak between replicas or chunks: Dropout seeds, BatchNorm statistics, stopping."""
    return network(seed, hidden=(8,), dropout="ours", batch_norm=True)


@pytest.fixture(scope="module")
def trainer() -> Stack:
    return stack(everything, stopping=STOPPING)


def result_bytes(trainer: Stack, seeds: list[int], seed: int, **settings: Any) -> bytes:
    """All numbers of one replica, trained in a stack of these seeds."""
    validation = data([s + 100 for s in seeds], 19)
    fitted = train(trainer, everything, seeds, EPOCHS, validation=validation, **settings)
    predicted = trainer.predict([f.variables for f in fitted], validation.x)
    r = seeds.index(seed)
    arrays = [*fitted[r].variables.trainable, *fitted[r].variables.state, *fitted[r].history.values(), predicted[r]]
    return b"".join(a.tobytes() for a in arrays)


def test_a_replica_is_the_same_bytes_in_any_company_and_place(trainer: Stack) -> None:
    alone = result_bytes(trainer, [3], 3)
    for company in ([3, 4, 5, 6], [6, 9, 3], [8, 7, 6, 3], [1, 3]):
        assert result_bytes(trainer, company, 3) == alone, f"in the company of {company}"


def test_the_length_of_a_chunk_changes_nothing(trainer: Stack) -> None:
    assert result_bytes(trainer, [3, 4], 3, steps_per_chunk=7) == result_bytes(trainer, [3, 4], 3)


def test_a_replica_is_the_same_bytes_in_another_process_with_another_number_of_threads(trainer: Stack) -> None:
    program = (
        "import hashlib, test_stacked as t; "
        "print(hashlib.sha256(t.result_bytes(t.stack(t.everything, stopping=t.STOPPING), [5, 3], 3)).hexdigest())"
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


def test_no_number_of_one_replica_reaches_another(trainer: Stack) -> None:
    seeds = [3, 4, 5]
    rows = data(seeds)
    rows.x[1] = np.nan
    validation = data([s + 100 for s in seeds], 19)
    fitted = train(trainer, everything, seeds, EPOCHS, rows=rows, validation=validation)
    clean = train(trainer, everything, seeds, EPOCHS, validation=validation)
    assert [f.diverged for f in fitted] == [False, True, False]
    for r in (0, 2):
        for ours, theirs in zip(fitted[r].variables.trainable, clean[r].variables.trainable, strict=True):
            assert ours.tobytes() == theirs.tobytes()


def test_progress_can_end_the_training(trainer: Stack) -> None:
    seen = []

    def interrupt(epochs_done: int) -> None:
        seen.append(epochs_done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(trainer, everything, [3], validation=data([103], 19), progress=interrupt)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Lamb(),
        keras.optimizers.Adafactor(),
        keras.optimizers.Muon(),
        keras.optimizers.Adam(clipnorm=1.0),
        keras.optimizers.SGD(global_clipnorm=1.0),
        keras.optimizers.SGD(use_ema=True),
    ],
)
def test_an_optimizer_that_mixes_elements_is_refused(optimizer: keras.Optimizer) -> None:
    with pytest.raises(CannotStackError, match="optimizer.*expected"):
        stack(network, optimizer=optimizer)


@pytest.mark.parametrize("optimizer", stacked.ELEMENTWISE)
def test_an_elementwise_optimizer_moves_stacked_variables_as_it_moves_single_ones(
    optimizer: type[keras.Optimizer],
) -> None:
    draw = np.random.default_rng(0)
    start = draw.normal(size=(3, 5, 2)).astype("float32")
    slopes = draw.normal(size=(4, 3, 5, 2)).astype("float32")

    def moved(values: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        variable = keras.Variable(values)
        rule = optimizer(learning_rate=0.1, weight_decay=0.01, clipvalue=0.5)
        for slope in slopes:
            rule.apply([keras.ops.convert_to_tensor(slope)], [variable])
        return np.asarray(variable.numpy())

    together = moved(start, slopes)
    for r in range(3):
        np.testing.assert_allclose(together[r], moved(start[r], slopes[:, r]), rtol=1e-6)


def test_a_model_with_two_inputs_is_refused() -> None:
    one, two = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([one, two], keras.layers.Add()([one, two]))
    with pytest.raises(CannotStackError, match="2 inputs"):
        stack(lambda seed: model)
