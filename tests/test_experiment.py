"""Experiment: every replicate once, the same bytes in any company, and what its rows are called."""

import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st

import run
from mirage import config, data, experiment, measure, models, stacked
from mirage.experiment import WIDTH, Lane, Replicate, Stopped, Task
from mirage.stacked import Variables
from mirage.streams import Streams

config.register()

TINY = ("model.hidden=[4]", "training.epochs=6", "training.batch_size=8", "data.n_test=5")  # the last batch is partial
EPOCHS = 6


@functools.cache
def plan(*overrides: str, scenario: str = "dropout") -> config.Plan:
    """A scenario with these settings changed."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}", *overrides]), scenario, list(overrides))


def content(replicate: Replicate) -> bytes:
    """All bytes of a replicate that may not vary."""
    arrays = [
        (part, name, a.dtype.str, a.shape, a.tobytes())
        for part, values in (("history", replicate.history), ("predictions", replicate.predictions))
        for name, a in values.items()
    ]
    return repr((replicate.arm, replicate.seed, replicate.rows, arrays)).encode()


# -- tasks ---------------------------------------------------------------------------------------------------

some_missing = st.dictionaries(
    st.sampled_from(["baseline", "dropout", "more"]), st.sets(st.integers(0, 500), max_size=40).map(sorted)
)


@given(missing=some_missing)
def test_tasks_hold_every_missing_seed_once_in_stacks_of_at_most_the_width(missing: dict[str, Sequence[int]]) -> None:
    cut = experiment.tasks(planned(missing), missing)
    assert all(1 <= len(task.seeds) <= WIDTH for task in cut)
    for arm, seeds in missing.items():
        own = [task.seeds for task in cut if task.arm == arm]
        assert [s for stack in own for s in stack] == list(seeds)
        assert len(own) == -(-len(seeds) // WIDTH)  # no stack more than it takes
    assert {task.arm for task in cut} == {arm for arm, seeds in missing.items() if seeds}


@pytest.mark.parametrize(("members", "together"), [(1, 8), (2, 4), (3, 2), (5, 1), (8, 1)])
def test_a_replicate_of_several_models_is_never_cut_and_no_stack_is_wider_than_the_width(
    members: int, together: int
) -> None:
    cut = experiment.tasks(planned(["network"], members), {"network": range(9)})
    assert {len(task.seeds) for task in cut[:-1]} <= {together} and len(cut) == -(-9 // together)
    assert [s for task in cut for s in task.seeds] == list(range(9)) and together * members <= WIDTH


# -- the scheduler, on lanes that train nothing --------------------------------------------------------------


class Pretender:
    """A lane that trains nothing; `train` may be given."""

    def __init__(self, trained: list[Task], train: Callable[..., Iterator[Replicate]] | None = None) -> None:
        self.trained, self.compiled, self.instead = trained, set[str](), train

    def has(self, settings: config.Arm) -> bool:
        return repr(settings) in self.compiled

    def make(self, plan: config.Plan, task: Task, progress: Callable[[Task, int], None]) -> Iterator[Replicate]:
        self.compiled.add(repr(plan.arms[task.arm]))
        self.trained.append(task)
        if self.instead is not None:
            yield from self.instead(task, progress)
            return
        for seed in task.seeds:
            progress(task, 1)
            yield Replicate(task.arm, seed, [], {}, {}, 0.0)


def planned(arms: Iterable[str], members: int = 1) -> config.Plan:
    """A plan of these arms, no two of them alike."""
    models_of = {arm: dataclasses.replace(ARM.model, dropout=i / 10, members=members) for i, arm in enumerate(arms)}
    return dataclasses.replace(PLAN, arms={arm: dataclasses.replace(ARM, model=m) for arm, m in models_of.items()})


def schedule(
    missing: Mapping[str, Sequence[int]],
    lanes: Sequence[Pretender],
    keep: Callable[[Replicate], None],
    progress: Callable[[Task, int], None] = lambda task, done: None,
) -> None:
    """`experiment.run` on these lanes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "lanes", lambda: list(lanes))
        patch.setattr(experiment, "start_tensorflow", lambda: None)
        experiment.run(planned(missing), dict(missing), keep, progress)


PLAN = plan(*TINY)
ARM = PLAN.arms["dropout"]


@given(missing=some_missing, lanes=st.integers(1, 5))
def test_every_replicate_is_trained_and_kept_once_with_any_number_of_lanes(
    missing: dict[str, list[int]], lanes: int
) -> None:
    trained: list[Task] = []
    kept: list[tuple[str, int]] = []
    schedule(missing, [Pretender(trained) for _ in range(lanes)], lambda r: kept.append((r.arm, r.seed)))
    assert sorted(kept) == sorted((arm, seed) for arm, seeds in missing.items() for seed in seeds)
    assert sorted(trained, key=repr) == sorted(experiment.tasks(planned(missing), missing), key=repr)


@given(missing=some_missing)
def test_a_lane_compiles_an_arm_once_and_starts_with_the_arm_that_has_most_left(missing: dict[str, list[int]]) -> None:
    trained: list[Task] = []
    schedule(missing, [Pretender(trained)], lambda r: None)
    turns = [task.arm for i, task in enumerate(trained) if i == 0 or trained[i - 1].arm != task.arm]
    stacks = [sum(task.arm == arm for task in trained) for arm in turns]
    assert len(turns) == len(set(turns))
    assert stacks == sorted(stacks, reverse=True)


def test_nothing_missing_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "start_tensorflow", lambda: pytest.fail("TensorFlow was started"))
    monkeypatch.setattr(experiment, "lanes", lambda: pytest.fail("a lane was asked for"))
    experiment.run(PLAN, {}, lambda r: pytest.fail("something was kept"))
    experiment.run(PLAN, {"dropout": []}, lambda r: pytest.fail("something was kept"))


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("error", [OSError("disk full"), ZeroDivisionError("a bug"), KeyboardInterrupt()])
def test_an_exception_in_keep_ends_the_run_and_is_raised_and_what_was_kept_stays(
    error: BaseException, lanes: int
) -> None:
    kept: list[int] = []
    lock = threading.Lock()

    def keep(replicate: Replicate) -> None:
        with lock:
            if len(kept) >= 2:
                raise error
            kept.append(replicate.seed)

    with pytest.raises(type(error)) as raised:
        schedule({"dropout": range(80)}, [Pretender([]) for _ in range(lanes)], keep)
    assert raised.value is error
    assert len(kept) == 2


def test_an_exception_in_progress_ends_the_run_and_is_raised() -> None:
    def progress(task: Task, done: int) -> None:
        raise ZeroDivisionError

    trained: list[Task] = []
    with pytest.raises(ZeroDivisionError):
        schedule({"dropout": range(80)}, [Pretender(trained)], lambda r: pytest.fail("kept"), progress)
    assert len(trained) == 1


def test_when_one_lane_fails_the_others_stop_at_their_next_chunk() -> None:
    started = threading.Event()
    chunks: list[int] = []

    def fail(task: Task, progress: Callable[[Task, int], None]) -> Iterator[Replicate]:
        assert started.wait(10)
        raise OSError
        yield

    def train_long(task: Task, progress: Callable[[Task, int], None]) -> Iterator[Replicate]:
        for chunk in range(10_000):
            try:
                progress(task, chunk)
            except Stopped:
                chunks.append(chunk)
                raise
            started.set()
            time.sleep(0.001)
        yield Replicate(task.arm, 0, [], {}, {}, 0.0)

    trained: list[Task] = []
    with pytest.raises(OSError):
        schedule(
            {"dropout": range(80)},
            [Pretender(trained, fail), Pretender(trained, train_long)],
            lambda r: pytest.fail("an unfinished task was kept"),
        )
    assert len(chunks) == 1 and len(trained) == 2  # told once, and no task was begun after that


def test_there_is_a_lane_for_every_core_and_lanes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "_LANES", [])
    for cores in (2, 3, 1):
        monkeypatch.setattr(experiment.os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        lanes = experiment.lanes()
        assert len(lanes) == cores
        assert lanes == experiment.lanes() == experiment._LANES[:cores]


def test_of_early_stopping_the_epoch_kept_and_its_loss_are_recorded() -> None:
    history = {"loss": np.array([3.0, 2.0, 1.0]), "val_loss": np.array([3.0, 1.5, 2.0])}
    fitted = stacked.Fitted(stacked.Variables([], []), history, 3, 1, False)
    assert experiment._best("val_loss", fitted) == {"best_epoch": 2.0, "best_monitored": 1.5}


# -- the numbers of a replicate, from its predictions --------------------------------------------------------


def predicted(arm: str = "dropout") -> dict[str, np.ndarray]:
    """What a network that is wrong by 1 on training rows and by 2 on test rows would leave."""
    drawn = data.draw(PLAN.arms[arm].data, Streams(0, PLAN.vary))
    off = {"train": 1.0, "test": 2.0}
    parts = [{f"{n}_x": s.x, f"{n}_y": s.y, f"{n}_predicted": s.y + off[n]} for n, s in drawn.items()]
    return parts[0] | parts[1]


HEALTHY = {"epochs_run": 6.0, "diverged": 0.0}


def test_rows_name_arm_split_and_metric_and_references_come_as_arms_of_their_own() -> None:
    rows = measure.measure(PLAN, "dropout", predicted(), HEALTHY)
    assert [row[:3] for row in rows] == [
        ("dropout", "train", "mse"),
        ("dropout", "test", "mse"),
        ("dropout", "model", "epochs_run"),
        ("dropout", "model", "diverged"),
        ("dropout:least_squares", "train", "mse"),
        ("dropout:least_squares", "test", "mse"),
        ("dropout:true_line", "train", "mse"),
        ("dropout:true_line", "test", "mse"),
    ]
    x, y = predicted()["train_x"], predicted()["train_y"]
    line = sklearn.linear_model.LinearRegression().fit(x, y)
    values = {row[:3]: row[3] for row in rows}
    assert values["dropout", "train", "mse"] == pytest.approx(1, rel=1e-12)
    assert values["dropout", "test", "mse"] == pytest.approx(4, rel=1e-12)
    assert values["dropout", "model", "epochs_run"] == 6 and values["dropout", "model", "diverged"] == 0
    assert values["dropout:least_squares", "train", "mse"] == pytest.approx(np.mean((line.predict(x) - y) ** 2))
    assert values["dropout:true_line", "test", "mse"] == 0


def test_without_references_and_metrics_there_are_no_rows_of_them() -> None:
    bare = dataclasses.replace(PLAN, references=(), metrics=())
    assert measure.measure(bare, "dropout", predicted(), HEALTHY) == [
        ("dropout", "model", "epochs_run", 6.0),
        ("dropout", "model", "diverged", 0.0),
    ]


def test_a_diverged_replicate_has_no_scores_however_finite_its_predictions_look() -> None:
    rows = measure.measure(PLAN, "dropout", predicted(), HEALTHY | {"diverged": 1.0})
    values = {row[:3]: row[3] for row in rows}
    assert np.isnan(values["dropout", "train", "mse"]) and np.isnan(values["dropout", "test", "mse"])
    assert values["dropout", "model", "diverged"] == 1
    assert values["dropout:true_line", "test", "mse"] == 0  # what the data allow has nothing to do with it


def test_of_a_diverged_replicate_only_diverged_is_a_number() -> None:
    rows = measure.measure(PLAN, "dropout", predicted(), HEALTHY | {"diverged": 1.0})
    assert [row[2] for row in rows if row[0] == "dropout" and np.isfinite(row[3])] == ["diverged"]


def test_measuring_changes_no_prediction() -> None:
    before, after = predicted(), predicted()
    measure.measure(PLAN, "dropout", after, HEALTHY | {"diverged": 1.0})
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values)


# -- real training -------------------------------------------------------------------------------------------

SEEDS = range(10)  # a full stack and a short one
EVERYTHING = {"baseline": SEEDS, "dropout": SEEDS}
REAL_LANES = [Lane(), Lane(), Lane()]  # shared by all tests, so that every program is compiled once a lane


def trained(
    plan: config.Plan,
    missing: Mapping[str, Sequence[int]],
    lanes: int = 1,
    progress: Callable[[Task, int], None] = lambda task, done: None,
) -> dict[tuple[str, int], Replicate]:
    """Train for real; fails on a replicate that comes twice."""
    kept: dict[tuple[str, int], Replicate] = {}

    def keep(replicate: Replicate) -> None:
        assert (replicate.arm, replicate.seed) not in kept
        kept[replicate.arm, replicate.seed] = replicate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "lanes", lambda: REAL_LANES[:lanes])
        experiment.run(plan, dict(missing), keep, progress)
    return kept


@pytest.fixture(scope="module")
def all_of_it() -> dict[tuple[str, int], Replicate]:
    """Both arms, all seeds, on one lane."""
    return trained(PLAN, EVERYTHING)


Trained = dict[tuple[str, int], Replicate]


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_any_number_of_lanes_gives_every_replicate_once_and_the_same_bytes(all_of_it: Trained, lanes: int) -> None:
    again = trained(PLAN, EVERYTHING, lanes)
    assert set(again) == {(arm, seed) for arm, seeds in EVERYTHING.items() for seed in seeds}
    for key, replicate in all_of_it.items():
        assert content(again[key]) == content(replicate)


@pytest.mark.parametrize(
    "missing",
    [
        {"dropout": [0]},
        {"baseline": [9]},
        {"dropout": [5, 3]},
        {"dropout": [9, 2, 7, 0, 5], "baseline": list(reversed(SEEDS))},
        {"dropout": [400, 8, 401]},
    ],
    ids=str,
)
def test_a_replicate_is_the_same_bytes_alone_or_in_any_company(
    all_of_it: Trained, missing: dict[str, list[int]]
) -> None:
    for key, replicate in trained(PLAN, missing).items():
        if key in all_of_it:
            assert content(replicate) == content(all_of_it[key])


def test_seeds_differ_and_arms_share_data_but_not_outcome(all_of_it: Trained) -> None:
    assert len({r.predictions["test_predicted"].tobytes() for r in all_of_it.values()}) == len(all_of_it)
    assert len({r.predictions["train_y"].tobytes() for r in all_of_it.values()}) == 1


def test_a_replicate_holds_its_rows_history_and_predictions(all_of_it: Trained) -> None:
    drawn = data.draw(ARM.data, Streams(4, PLAN.vary))
    replicate = all_of_it["dropout", 4]
    assert list(replicate.history) == ["loss"] and replicate.history["loss"].shape == (EPOCHS,)
    assert list(replicate.predictions) == [f"{s}_{part}" for s in ("train", "test") for part in ("x", "y", "predicted")]
    for split, (x, y) in drawn.items():
        np.testing.assert_array_equal(replicate.predictions[f"{split}_x"], x)
        np.testing.assert_array_equal(replicate.predictions[f"{split}_y"], y)
        assert replicate.predictions[f"{split}_predicted"].shape == y.shape
    assert replicate.rows == measure.measure(PLAN, "dropout", replicate.predictions, HEALTHY)
    assert replicate.seconds > 0


def test_progress_tells_the_epochs_done_of_every_task() -> None:
    told: dict[Task, list[int]] = {}
    trained(PLAN, EVERYTHING, progress=lambda task, done: told.setdefault(task, []).append(done))
    assert set(told) == set(experiment.tasks(PLAN, EVERYTHING))
    for done in told.values():
        assert done == sorted(set(done)) and done[-1] == EPOCHS


def test_what_was_trained_before_and_even_interrupted_leaves_no_trace(all_of_it: Trained) -> None:
    def interrupt(task: Task, done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(PLAN, {"dropout": [77]}, progress=interrupt)
    assert content(trained(PLAN, {"dropout": [1]})["dropout", 1]) == content(all_of_it["dropout", 1])


@pytest.mark.parametrize("bad", [0, 4, 9])
def test_a_diverged_replicate_is_marked_and_its_neighbours_do_not_notice(
    all_of_it: Trained, bad: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy_start = models.initial

    def initial(model: Any, streams: Streams) -> Variables:
        start = healthy_start(model, streams)
        return Variables([w * 1e30 for w in start.trainable], start.state) if streams.seed == bad else start

    monkeypatch.setattr(models, "initial", initial)
    again = trained(PLAN, {"dropout": SEEDS})
    for seed in SEEDS:
        replicate = again["dropout", seed]
        values = {row[:3]: row[3] for row in replicate.rows}
        assert values["dropout", "model", "diverged"] == (seed == bad)
        if seed == bad:
            assert np.isnan(values["dropout", "train", "mse"]) and np.isnan(values["dropout", "test", "mse"])
            assert values["dropout:true_line", "test", "mse"] == 0
        else:
            assert content(replicate) == content(all_of_it["dropout", seed])


def test_a_learning_rate_of_a_million_ends_with_every_replicate_marked() -> None:
    wild = plan(*TINY, "training.optimizer.learning_rate=1e6", "training.optimizer.name=sgd", "arms.baseline=null")
    for replicate in trained(wild, {"dropout": [0, 1]}).values():
        assert ("dropout", "model", "diverged", 1.0) in replicate.rows


def test_plain_model_fit_runs_the_same_start_rows_and_batches(all_of_it: Trained) -> None:
    slowly = plan(*TINY, "training.engine=fit", "arms.baseline=null")
    told: list[int] = []
    fitted = trained(slowly, {"dropout": [0, 9]}, progress=lambda task, done: told.append(done))
    assert told == sorted(told) and told[-1] == EPOCHS
    for key, replicate in fitted.items():
        stacked = all_of_it[key]
        np.testing.assert_allclose(replicate.history["loss"], stacked.history["loss"], rtol=1e-5, atol=1e-6)
        for name, values in stacked.predictions.items():
            np.testing.assert_allclose(replicate.predictions[name], values, rtol=1e-5, atol=1e-6)
        assert [row[:3] for row in replicate.rows] == [row[:3] for row in stacked.rows]


def test_balanced_class_weights_are_kerass_own_class_weight() -> None:
    """The oracle: `model.fit` told the weights as a user would, on the same rows in the same order."""
    rows, epochs = 90, 4
    small = ("data.n_train=90", "data.n_test=20", "model.hidden=[4]")
    made = plan(*small, f"arms.weights.training.epochs={epochs}", scenario="smote_controlled")
    made = dataclasses.replace(made, arms={"weights": made.arms["weights"]})
    settings, streams = made.arms["weights"], Streams(2, made.vary)
    train = data.draw(settings.data, streams)["train"]
    assert len(train.y) == rows and settings.training.class_weight == "balanced"

    model = models.build(settings.model, train.x.shape[1])
    models.initial(model, streams).assign_to(model)
    model.compile(loss=models.loss(settings.training), optimizer=models.optimizer(settings.training))
    weights = {c: rows / (2 * np.sum(train.y == c)) for c in (0, 1)}  # scikit-learn's "balanced", written out
    assert weights[1] == pytest.approx(5) and weights[0] == pytest.approx(5 / 9)
    losses = []
    for order in experiment._orders([streams], rows)(epochs)[0]:
        ran = model.fit(
            train.x[order], train.y[order], batch_size=32, shuffle=False, class_weight=weights, epochs=1, verbose=0
        )
        losses += ran.history["loss"]

    fitted = dataclasses.replace(settings, training=dataclasses.replace(settings.training, engine="fit"))
    unweighted = dataclasses.replace(settings, training=dataclasses.replace(settings.training, class_weight="none"))
    predicted = {}
    for name, used in (("stacked", settings), ("fit", fitted), ("unweighted", unweighted)):
        replicate = trained(dataclasses.replace(made, arms={"weights": used}), {"weights": [2]})["weights", 2]
        predicted[name] = replicate.predictions["train_predicted"]
        if name != "unweighted":
            np.testing.assert_allclose(replicate.history["loss"], losses, rtol=1e-4)
            np.testing.assert_allclose(predicted[name], model.predict(train.x, verbose=0)[:, 0], rtol=1e-4, atol=1e-5)
    assert np.abs(predicted["unweighted"] - predicted["stacked"]).max() > 1e-3


@given(chunks=st.lists(st.integers(1, 7), min_size=1, max_size=5), rows=st.integers(1, 12))
def test_the_order_of_rows_does_not_depend_on_how_epochs_are_cut_into_chunks(chunks: list[int], rows: int) -> None:
    streams = [Streams(seed, ("shuffle",)) for seed in (0, 1)]
    whole = experiment._orders(streams, rows)(sum(chunks))
    in_chunks = experiment._orders(streams, rows)
    np.testing.assert_array_equal(np.concatenate([in_chunks(k) for k in chunks], axis=1), whole)
    assert whole.shape == (2, sum(chunks), rows)
    np.testing.assert_array_equal(np.sort(whole, axis=2), np.broadcast_to(np.arange(rows), whole.shape))


def test_replicas_shuffle_each_from_its_own_stream() -> None:
    alone = experiment._orders([Streams(7, ("shuffle",))], 20)(3)[0]
    in_company = experiment._orders([Streams(3, ("shuffle",)), Streams(7, ("shuffle",))], 20)(3)
    np.testing.assert_array_equal(in_company[1], alone)
    assert not np.array_equal(in_company[0], alone)
