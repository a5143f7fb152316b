"""The doctor on a model's file: steps, last layer, loss and metric, by version and backend of Keras."""

import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from examined import causes, saved, told

from mirage.doctor import examine
from mirage.doctor.reading import counts, models

Array = np.ndarray
SEEDS = range(0, 40, 2)
DENSE = keras.layers.Dense
SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_the_steps_of_training_are_read_from_the_file_of_the_model(tmp_path: Path, name: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), DENSE(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(np.zeros((40, 4)), np.tile([0, 1], 20), batch_size=8, epochs=3, verbose=0)
    model.save(tmp_path / name)
    assert models.model(tmp_path / name).steps == 15
    numbers = {"accuracy": np.linspace(0.6, 1, 5), "val_accuracy": np.full(5, 0.5), "loss": np.linspace(0.7, 0.1, 5)}
    assert causes(examine(history=numbers, model=tmp_path / name)) == ["batchnorm-not-arrived"]
    centred = {"x": np.random.default_rng(0).normal(size=60)}
    assert "batchnorm-not-arrived" in examine(history=numbers, model=tmp_path / name, train=centred).not_found
    far = {"x": 100 + centred["x"]}
    assert causes(examine(history=numbers, model=tmp_path / name, train=far)) == ["batchnorm-not-arrived"]
    fresh = saved(tmp_path, keras.layers.BatchNormalization(), DENSE(1, "sigmoid"), loss="mse")
    assert models.model(fresh).steps is None
    assert "--batch-size" in examine(history=numbers, model=fresh).cannot_tell["batchnorm-not-arrived"]


def test_a_batch_normalization_that_has_not_arrived_scores_badly_on_its_own_training_rows() -> None:
    """As Keras trains it: 64 rows near 100, 40 steps; and the same rows brought to mean 0."""
    random = np.random.default_rng(0)
    y = np.tile([0, 1], 48)
    x = (100 + 4 * (y - 0.5) + random.normal(size=96)).astype("float32")[:, None]
    split = np.repeat(["train", "validation"], [64, 32])
    found = {}
    for name, rows in (("far", x), ("centred", x - 100)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.BatchNormalization(), DENSE(1, "sigmoid")])
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        held = (rows[64:], y[64:])
        history = model.fit(rows[:64], y[:64], validation_data=held, batch_size=8, epochs=5, verbose=0)
        path = Path(f"{name}.keras")
        handed = {"y_true": y, "score": model.predict(rows, verbose=0)[:, 0], "split": split}
        with _written_model(model, path) as kept:
            found[name] = causes(examine(handed, history=history, model=kept, batch_size=8))
    assert found["far"][0] == "batchnorm-not-arrived" and "batchnorm-not-arrived" not in found["centred"]


class _written_model:
    """A model's file for as long as it is looked at."""

    def __init__(self, model: Any, path: Path) -> None:
        self.model, self.path = model, path

    def __enter__(self) -> Path:
        self.model.save(self.path)
        return self.path

    def __exit__(self, *_: Any) -> None:
        self.path.unlink()


def test_weights_that_are_compressed_broken_or_elsewhere_are_no_count(tmp_path: Path) -> None:
    good = saved(tmp_path, DENSE(1), loss="mse")
    with zipfile.ZipFile(good) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["n"] = np.int64(7)
    for kind in ("compressed", "broken", "absent", "linked", "large"):
        path, how = tmp_path / f"{kind}.keras", zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
        weights = {"broken": b"\x89HDF\r\n\x1a\n" + bytes(60), "linked": _linked(tmp_path), "large": _array(tmp_path)}
        with zipfile.ZipFile(path, "w", how) as into:
            for name, content in members.items():
                if name != "model.weights.h5" or kind != "absent":
                    into.writestr(name, weights.get(kind, content) if name == "model.weights.h5" else content)
        assert models.model(path).steps is None, kind
    with zipfile.ZipFile(good) as packed:
        assert counts.in_zip(packed) is None  # compiled, and not one step


def _linked(folder: Path) -> bytes:
    with h5py.File(folder / "w.h5", "w") as file:
        file["optimizer/vars/0"] = h5py.ExternalLink(str(folder / "other.h5"), "n")
    return (folder / "w.h5").read_bytes()


def _array(folder: Path) -> bytes:
    with h5py.File(folder / "v.h5", "w") as file:
        file["optimizer/vars/0"] = np.ones(9, int)
    return (folder / "v.h5").read_bytes()


LOSSES = keras.losses
RESHAPE, SOFTMAX = keras.layers.Reshape, keras.layers.Softmax
TWICE = LOSSES.SparseCategoricalCrossentropy(from_logits=True)
LOGITS = LOSSES.BinaryCrossentropy(from_logits=True)


def own_loss(y: Any, p: Any) -> Any:
    return keras.ops.mean((y - p) ** 2)


@pytest.mark.parametrize(
    ("layers", "loss", "metrics", "more", "answer"),
    [
        # healthy
        ([DENSE(1, "sigmoid")], "binary_crossentropy", ["accuracy"], {}, None),
        ([DENSE(3, "softmax")], SPARSE, ["accuracy", "sparse_categorical_accuracy"], {}, None),
        ([DENSE(3)], TWICE, ["accuracy"], {}, None),
        ([DENSE(5, "sigmoid")], "binary_crossentropy", ["binary_accuracy"], {}, None),  # several labels a row
        ([DENSE(1)], LOGITS, [keras.metrics.BinaryAccuracy(threshold=0.0)], {}, None),
        ([DENSE(1)], "mse", ["mae"], {}, None),
        # what is healed on TensorFlow is real on JAX, and behind another layer on both
        ([DENSE(3, "softmax")], TWICE, [], {"backend": "tensorflow"}, None),
        ([DENSE(3, "softmax")], TWICE, [], {"keras": "2.15.0"}, None),
        ([DENSE(3, "softmax")], TWICE, [], {"backend": "jax"}, "certain"),
        ([DENSE(3, "softmax")], TWICE, [], {}, "possible"),
        ([DENSE(3, "softmax"), RESHAPE((3,))], TWICE, [], {"backend": "tensorflow"}, "certain"),
        ([DENSE(3), SOFTMAX()], TWICE, [], {"backend": "jax", "history": {"loss": [0.9, 0.02]}}, None),
        # one unit, swapped pairs, bounded and unbounded outputs
        ([DENSE(1, "softmax")], "mse", [], {}, "certain"),
        ([DENSE(1, "sigmoid")], "categorical_crossentropy", [], {}, "certain"),
        ([DENSE(3, "softmax")], "binary_crossentropy", [], {}, "likely"),
        ([DENSE(3, "sigmoid")], SPARSE, [], {}, "likely"),
        ([DENSE(1, "relu")], "binary_crossentropy", [], {}, "likely"),
        ([DENSE(3)], SPARSE, [], {}, "certain"),
        # metrics
        ([DENSE(1)], LOGITS, ["accuracy"], {}, "certain"),
        ([DENSE(3, "softmax")], SPARSE, ["categorical_accuracy"], {}, "certain"),
        ([DENSE(3, "softmax")], "categorical_crossentropy", [keras.metrics.BinaryAccuracy(name="a")], {}, "certain"),
        # what the file does not say
        ([DENSE(1, "sigmoid")], own_loss, [], {}, "needs"),
        ([DENSE(1, "sigmoid")], None, [], {}, "needs"),
    ],
)
def test_last_layer_loss_and_metric_are_held_against_each_other_by_backend(
    tmp_path: Path, layers: Any, loss: Any, metrics: Any, more: dict[str, Any], answer: str | None
) -> None:
    report = examine(model=saved(tmp_path, *layers, loss=loss, metrics=metrics), **more)
    if answer == "needs":
        assert "output-loss-mismatch" in report.cannot_tell and report.findings == ()
    else:
        assert [(one.cause, one.sure) for one in report.findings] == (
            [("output-loss-mismatch", answer)] if answer else []
        )


def test_the_words_about_a_backend_are_those_of_the_backend(tmp_path: Path) -> None:
    path = saved(tmp_path, DENSE(1, "softmax"), loss="binary_crossentropy")
    on = {name: told(examine(model=path, backend=name), "output-loss-mismatch") for name in ("tensorflow", "jax")}
    assert "may fall all the same" in on["tensorflow"] and "from the scores themselves" in on["jax"]


def test_labels_of_more_classes_than_the_output_can_tell_apart_are_a_mismatch(tmp_path: Path) -> None:
    path = saved(tmp_path, DENSE(1, "sigmoid"), loss="binary_crossentropy")
    y = np.tile([0, 1, 2], 40)
    assert "output-loss-mismatch" in causes(examine({"y_true": y, "y_pred": y}, model=path))
    assert "output-loss-mismatch" in examine({"y_true": y % 2, "y_pred": y % 2}, model=path).not_found


def test_a_loss_of_exactly_zero_from_the_first_epoch_betrays_a_categorical_loss_of_one_column() -> None:
    numbers = {"loss": np.zeros(6), "accuracy": np.linspace(0.3, 0.4, 6)}
    assert [(one.cause, one.sure) for one in examine(history=numbers).findings] == [("output-loss-mismatch", "certain")]
    assert causes(examine(history=numbers | {"accuracy": np.ones(6)})) == []
    still = {"loss": np.linspace(0.6, 0.2, 6), "accuracy": np.full(6, 0.28)}
    assert [(one.cause, one.sure) for one in examine(history=still).findings] == [("output-loss-mismatch", "possible")]
    rare = {"loss": np.linspace(0.6, 0.2, 6), "accuracy": np.full(6, 0.95)}  # the larger class, answered always
    assert causes(examine(history=rare)) == []
