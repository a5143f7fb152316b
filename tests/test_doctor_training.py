"""The doctor on training: history, model file, class weights, by version and backend of Keras; each with its twin."""

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from mirage.doctor import BadInput, Report, examine
from mirage.doctor.reading import counts, histories, models

Array = np.ndarray
SEEDS = range(0, 40, 2)
DENSE = keras.layers.Dense


def causes(report: Report) -> list[str]:
    return [one.cause for one in report.findings]


def told(report: Report, cause: str) -> str:
    """All that is said of a cause."""
    found = next(one for one in report.findings if one.cause == cause)
    return " ".join(piece.text for piece in found.found.evidence)


def course(seed: int, epochs: int = 30, memorised: float = 0.0) -> dict[str, Array]:
    """A history that has converged, with noise of validation; its validation loss rises by a share if memorised."""
    random = np.random.default_rng(seed)
    past = np.exp(-np.arange(epochs) / 4)
    up = memorised * np.linspace(0, 1, epochs) ** 2
    return {
        "accuracy": 0.9 - 0.3 * past + 0.08 * memorised * np.linspace(0, 1, epochs),
        "loss": (0.25 + 0.4 * past) * (1 - min(memorised, 0.9) * np.linspace(0, 1, epochs)),
        "val_accuracy": 0.89 - 0.3 * past + random.normal(0, 0.01, epochs),
        "val_loss": (0.3 + 0.4 * past + up) * random.normal(1, 0.01, epochs),
    }


def two(seed: int, n: int, share: float = 0.5, skill: float = 2.0) -> tuple[Array, Array]:
    """Labels of two classes, and their probabilities by the law that drew them."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int)
    logit = 2 * skill * random.normal((y - 0.5) * skill, 1, n) / 2 * 1 + np.log(share / (1 - share))
    return y, 1 / (1 + np.exp(-logit))


# -- the history ---------------------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_is_named_alone_whatever_else_the_history_shows(tmp_path: Path) -> None:
    for seed in SEEDS:
        numbers = course(seed)
        first = int(np.random.default_rng(seed).integers(0, 20))
        numbers["loss"][first:] = numbers["val_loss"][first:] = np.nan
        for handed in (numbers, _written(tmp_path, numbers)):
            [found] = examine(history=handed).findings
            assert (found.cause, found.sure, found.found.evidence[0].value) == ("diverged", "certain", first + 1)


def _written(folder: Path, numbers: dict[str, Array]) -> Path:
    (folder / "h.json").write_text(json.dumps({name: values.tolist() for name, values in numbers.items()}))
    return folder / "h.json"


def test_a_loss_that_explodes_is_likely_to_have_diverged_and_a_spike_is_not() -> None:
    numbers = course(0)
    spike = numbers["loss"].copy()
    spike[10] = 50
    assert "diverged" in causes(examine(history=numbers | {"loss": numbers["loss"] * np.geomspace(1, 1e4, 30)}))
    assert causes(examine(history=numbers | {"loss": spike})) == []


def test_a_history_without_validation_is_said_to_have_none(tmp_path: Path) -> None:
    lines = ["epoch,accuracy,loss,val_accuracy,val_loss", *(f"{i},0.8,{0.5 - i / 100},NA,NA" for i in range(9))]
    (tmp_path / "h.csv").write_text("\n".join(lines))
    report = examine(history=tmp_path / "h.csv")
    assert report.notes == (histories.UNVALIDATED,) and "running-mean" in report.cannot_tell
    assert examine(history=course(0)).notes == ()


@pytest.mark.parametrize("every", [2, 5])
def test_validation_in_some_epochs_only_is_compared_with_the_training_of_these(every: int) -> None:
    numbers = {name: values.copy() for name, values in course(2).items()}
    numbers["accuracy"][:] = np.linspace(0.5, 0.9, 30)
    held = {f"val_{name}": numbers[name][every - 1 :: every] - 0.01 for name in ("accuracy", "loss")}
    assert "running-mean" in examine(history=numbers | held).not_found


def test_a_healthy_history_is_left_alone() -> None:
    for seed in SEEDS:
        assert causes(examine(history=course(seed))) == [], seed


def test_validation_that_stands_at_zero_is_ordered_and_classes_on_one_side_prove_it() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        numbers = course(seed) | {"val_accuracy": np.zeros(30), "accuracy": np.linspace(0.4, 1, 30)}
        assert causes(examine(history=numbers))[0] == "ordered-validation"
        y = np.repeat(np.arange(5), 60)
        said = np.where(y == 4, random.integers(0, 4, 300), y)
        handed = {"y_true": y, "y_pred": said, "split": np.repeat(["train", "validation"], [240, 60])}
        [first, *_] = examine(handed, history=numbers).findings
        assert (first.cause, first.sure) == ("ordered-validation", "certain")
        mixed = {"y_true": y, "y_pred": said, "split": random.permutation(handed["split"])}
        assert "ordered-validation" in examine(mixed, history=numbers).not_found


def test_rows_sorted_after_the_split_and_a_rare_class_that_chance_left_out_are_no_ordered_validation() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        y = np.sort(random.choice(4, 400, p=[0.5, 0.3, 0.19, 0.01]))
        split = random.permutation(np.repeat(["train", "validation"], [320, 80]))
        report = examine({"y_true": y, "y_pred": np.where(random.random(400) < 0.9, y, 0), "split": split})
        assert "ordered-validation" in report.not_found, seed


def test_labels_of_features_show_ordered_validation_too() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(300, 3)), np.repeat(["a", "b", "c"], 100)
    parted = [{"x": x[part], "y_true": y[part]} for part in (slice(200), slice(200, 300))]
    mixed = [{"x": x[part], "y_true": y[part]} for part in np.split(random.permutation(300), [200])]
    assert "ordered-validation" in causes(examine(train=parted[0], test=parted[1]))
    assert "ordered-validation" not in causes(examine(train=mixed[0], test=mixed[1]))


def splits(seed: int, right: tuple[float, float], n: tuple[int, int] = (400, 300)) -> dict[str, Array]:
    """Rows of training and validation that are decided rightly with these shares."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, sum(n))
    split = np.repeat(["train", "validation"], n)
    hit = random.random(sum(n)) < np.where(split == "train", *right)
    return {"y_true": y, "y_pred": np.where(hit, y, 1 - y), "split": split}


def test_a_running_mean_is_told_from_luck_and_from_easier_validation_by_the_training_rows() -> None:
    for seed in SEEDS:
        numbers = course(seed)
        above = numbers | {"val_accuracy": numbers["accuracy"] + 0.08}
        assert "running-mean" in causes(examine(splits(seed, (0.98, 0.98)), history=above)), seed
        assert "split train" in examine(history=above).cannot_tell["running-mean"]
        leaked = examine(splits(seed, (0.90, 0.98)), history=above)  # the rows say what the history says
        assert "running-mean" not in causes(leaked), seed
        lucky = numbers | {"val_accuracy": numbers["accuracy"] + 0.02}
        assert causes(examine(history=lucky)) == [], seed


def with_best(seed: int, at: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Predictions of 400 validation rows at the best or the last epoch of a history that gets worse."""
    random = np.random.default_rng(seed)
    numbers = course(seed, memorised=1.0)
    best = int(numbers["val_loss"].argmin())
    y = random.integers(0, 2, 400)
    wrong = {"best": 40, "last": 72}
    numbers["val_accuracy"] = np.linspace(0.85, 0.88, 30).round(2)
    numbers["val_accuracy"][[best, -1]] = 1 - wrong["best"] / 400, 1 - wrong["last"] / 400
    said = np.where(np.arange(400) < wrong[at], 1 - y, y)
    return {"y_true": y, "y_pred": said, "split": np.full(400, "validation")}, numbers


def test_predictions_of_the_last_epoch_are_recognised_and_those_of_the_best_are_left_alone() -> None:
    for seed in SEEDS:
        rows, numbers = with_best(seed, "last")
        [first, *_] = examine(rows, history=numbers).findings
        assert (first.cause, first.sure) == ("best-epoch-not-kept", "certain"), seed
        assert "2.15" in first.examination.advice
        rows, numbers = with_best(seed, "best")
        assert "best-epoch-not-kept" in examine(rows, history=numbers).not_found, seed
        assert "split validation" in examine(history=numbers).cannot_tell["best-epoch-not-kept"]
        assert "best-epoch-not-kept" in examine(history=course(seed)).not_found, seed


def test_test_rows_that_score_as_the_last_epoch_make_it_possible_only() -> None:
    rows, numbers = with_best(0, "last")
    numbers["val_accuracy"][numbers["val_loss"].argmin()] = 0.95
    found = {one.cause: one.sure for one in examine(rows | {"split": np.full(400, "test")}, history=numbers).findings}
    assert found["best-epoch-not-kept"] == "possible"


def test_a_loss_that_still_falls_is_too_short_and_one_that_has_levelled_off_is_not() -> None:
    for seed in SEEDS:
        random, fall = np.random.default_rng(seed), np.linspace(1, 0.4, 12)
        falling = {"loss": fall * random.normal(1, 0.005, 12), "val_loss": 1.02 * fall * random.normal(1, 0.02, 12)}
        assert causes(examine(history=falling)) == ["too-short"], seed
        learned = 0.7 * np.exp(-np.arange(40) / 4) + 1e-4  # separable rows: it falls on for ever
        assert causes(examine(history={"loss": learned, "val_loss": learned * 1.1})) == [], seed


def test_memorising_shows_in_a_history_and_without_one_in_scores_that_promise_more_than_they_keep() -> None:
    for seed in SEEDS:
        assert causes(examine(history=course(seed, memorised=1.0)))[0] == "memorising", seed
        y, p = two(seed, 900)
        random, split = np.random.default_rng(seed + 1000), np.repeat(["train", "test"], [600, 300])
        sure = np.where(random.random(900) < np.where(split == "train", 0.99, 0.72), y, 1 - y)
        by_heart = {"y_true": y, "score": np.where(sure == 1, 0.97, 0.03) + random.normal(0, 0.005, 900)}
        assert causes(examine(by_heart | {"split": split})) == ["memorising"], seed
        forest = np.where(split == "train", np.where(y == 1, 0.95, 0.05), p)  # honest on rows it has not seen
        assert "memorising" in examine({"y_true": y, "score": forest, "split": split}).not_found, seed


# -- the model's file -------------------------------------------------------------------------------------------


def saved(folder: Path, *layers: Any, loss: Any = None, metrics: Any = (), name: str = "m.keras") -> Path:
    model = keras.Sequential([keras.Input((4,)), *layers])
    if loss is not None:
        model.compile("adam", loss, metrics=list(metrics))
    model.save(folder / name)
    return folder / name


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
SPARSE = "sparse_categorical_crossentropy"
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


# -- double softmax, in the loss ----------------------------------------------------------------------------------


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


def test_a_penalty_explains_a_loss_at_the_floor(tmp_path: Path) -> None:
    numbers = {"loss": np.linspace(1, 0.3133, 20), "accuracy": np.linspace(0.5, 1, 20)}
    plain = saved(tmp_path, DENSE(2, "softmax"), loss=SPARSE)
    assert causes(examine(history=numbers, model=plain)) == ["double-softmax"]
    penalised = saved(tmp_path, DENSE(2, "softmax", kernel_regularizer="l2"), loss=SPARSE, name="p.keras")
    assert causes(examine(history=numbers, model=penalised)) == []


# -- class weights ------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "rows",
    [
        {"y_true": [1], "score": [0.5]},
        {"y_true": [1, 1, 1], "score": [0.5, 0.5, 0.5]},
        {"y_true": [0, 1], "score": [0.0, 1.0], "split": ["train", "validation"]},
        {"y_true": [0.5 + i for i in range(30)], "score": list(range(30)), "split": ["train", "test"] * 15},
    ],
)
def test_hardly_any_rows_and_strange_histories_are_answered_all_the_same(rows: dict[str, Any], tmp_path: Path) -> None:
    path = saved(tmp_path, keras.layers.BatchNormalization(), DENSE(1, "sigmoid"), loss="binary_crossentropy")
    for numbers in (
        {"loss": [0.1]},
        {"loss": [np.nan], "val_loss": [np.nan]},
        {"loss": [0, 0, 0, 0, 0, 0], "val_loss": [0, 0, 0, 0, 0, 0], "accuracy": [0] * 6, "val_accuracy": [1] * 6},
        {"loss": [-1.0] * 9, "val_loss": [-2.0] * 9, "accuracy": [1.0] * 9, "val_accuracy": [0.1, 0.2]},
        {"accuracy": [1.0] * 3, "val_accuracy": [0.1] * 30, "val_loss": [1.0], "loss": [None] * 3},
    ):
        try:
            report = examine(rows, history=numbers, model=path, batch_size=4, class_weight={0: 1, 1: 5})
        except BadInput as error:
            assert "\n" not in str(error)
            continue
        json.loads(report.to_json())


def test_a_network_of_the_ward_is_set_back_before_each_training() -> None:
    from mirage.doctor.ward.networks import Recipe, trained

    random = np.random.default_rng(0)
    x, y = random.normal(size=(64, 5)), random.integers(0, 3, 64)
    for recipe in (Recipe(3, normalised=True, dropout=0.5), Recipe(3, twice=True)):
        runs = []
        for _ in range(2):
            found = trained(recipe, x, y, (x, y), seed=4, epochs=3)
            runs.append((found.history["loss"], found.scores(x)))
        assert runs[0][0] == pytest.approx(runs[1][0], rel=1e-5) and np.allclose(runs[0][1], runs[1][1], atol=1e-5)
        assert trained(recipe, x, y, (x, y), seed=5, epochs=3).history["loss"] != runs[0][0]
