"""Training: every replicate once, the same bytes in any company, a failure noted, and the CPU unless asked."""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from helpers import arm, plan
from hypothesis import given
from hypothesis import strategies as st

from mirage.config.plan import Arm
from mirage.data.rows import draw
from mirage.data.split import CannotDraw
from mirage.data.streams import Streams
from mirage.models.variables import Variables, initial
from mirage.settings import ConfigError
from mirage.training import network, schedule, stacked, start
from mirage.training.replicate import WIDTH, Outcome, drawn
from mirage.training.schedule import Failure, Made, Stopped, Task, Worker

EPOCHS = 6
TINY = ("model.hidden=[4]", f"training.epochs={EPOCHS}", "training.batch_size=8", "data.n_test=5")  # a partial batch
PLAN = plan("dropout", *TINY)
VARY = PLAN.about.vary
Missing = Mapping[str, Sequence[int]]


def changed(used: Arm, **blocks: dict[str, Any]) -> Arm:
    """An arm with these settings of its blocks changed, unchecked."""
    updated = {name: getattr(used, name).model_copy(update=settings) for name, settings in blocks.items()}
    return used.model_copy(update=updated)


def arms_of(names: Any, members: int = 1) -> dict[str, Arm]:
    """Arms no two of which are alike."""
    used = PLAN.arms["dropout"]
    return {name: changed(used, model={"dropout": i / 10, "members": members}) for i, name in enumerate(names)}


# -- tasks ---------------------------------------------------------------------------------------------------

some_missing = st.dictionaries(
    st.sampled_from(["baseline", "dropout", "more"]), st.sets(st.integers(0, 500), max_size=40).map(sorted)
)


@given(missing=some_missing)
def test_tasks_hold_every_missing_seed_once_in_stacks_of_at_most_the_width(missing: dict[str, list[int]]) -> None:
    cut = schedule.tasks(arms_of(missing), missing)
    assert all(1 <= len(task.seeds) <= WIDTH for task in cut)
    for name, seeds in missing.items():
        own = [task.seeds for task in cut if task.arm == name]
        assert [s for stack in own for s in stack] == seeds
        assert len(own) == -(-len(seeds) // WIDTH)  # no stack more than it takes


@pytest.mark.parametrize(("members", "together"), [(1, 8), (2, 4), (3, 2), (5, 1), (8, 1)])
def test_a_replicate_of_several_models_is_never_cut_and_no_stack_is_wider_than_the_width(
    members: int, together: int
) -> None:
    cut = schedule.tasks(arms_of(["network"], members), {"network": range(9)})
    assert {len(task.seeds) for task in cut[:-1]} <= {together} and len(cut) == -(-9 // together)
    assert [s for task in cut for s in task.seeds] == list(range(9)) and together * members <= WIDTH


# -- the scheduler, on workers that train nothing ------------------------------------------------------------


class Pretender:
    """A worker that trains nothing; `instead` may be given."""

    def __init__(self, trained: list[Task], instead: Callable[..., Made] | None = None) -> None:
        self.trained, self.compiled, self.instead = trained, set[str](), instead

    def knows(self, settings: Arm) -> bool:
        return repr(settings) in self.compiled

    def make(self, settings: Arm, vary: Any, task: Task, progress: Callable[[int], None], clock: Any) -> Made:
        self.compiled.add(repr(settings))
        self.trained.append(task)
        if self.instead is not None:
            return self.instead(task, progress)
        progress(1)
        return empty(task)


def empty(task: Task) -> Made:
    return Made(task, [], [Outcome({}, {}, {}, {}) for _ in task.seeds], 0.0)


def pretend(
    missing: Missing,
    workers: Sequence[Pretender],
    keep: Callable[[Made], None] = lambda made: None,
    progress: Callable[[Task, int], None] = lambda task, done: None,
) -> list[Failure]:
    """`schedule.run` on these workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "workers", lambda: list(workers))
        patch.setattr(schedule, "start_tensorflow", lambda device, clock: [])
        return schedule.run(arms_of(missing), VARY, missing, keep, progress)


@given(missing=some_missing, count=st.integers(1, 5))
def test_every_replicate_is_trained_and_kept_once_with_any_number_of_workers(
    missing: dict[str, list[int]], count: int
) -> None:
    trained: list[Task] = []
    kept: list[Task] = []
    assert pretend(missing, [Pretender(trained) for _ in range(count)], lambda made: kept.append(made.task)) == []
    everything = sorted(schedule.tasks(arms_of(missing), missing), key=repr)
    assert sorted(trained, key=repr) == sorted(kept, key=repr) == everything


@given(missing=some_missing)
def test_a_worker_compiles_an_arm_once_and_starts_with_the_arm_that_has_most_left(
    missing: dict[str, list[int]],
) -> None:
    trained: list[Task] = []
    pretend(missing, [Pretender(trained)])
    turns = [task.arm for i, task in enumerate(trained) if i == 0 or trained[i - 1].arm != task.arm]
    stacks = [sum(task.arm == name for task in trained) for name in turns]
    assert len(turns) == len(set(turns)) and stacks == sorted(stacks, reverse=True)


def test_handing_out_a_hundred_thousand_seeds_looks_at_every_task_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, count = 0, 100_000 // WIDTH

    class Counted(Task):
        def __getattribute__(self, name: str) -> Any:
            nonlocal looks
            looks += name == "arm"
            assert looks <= 20 * count, "work grows faster than the number of tasks"
            return super().__getattribute__(name)

    monkeypatch.setattr(schedule, "Task", Counted)
    trained: list[Task] = []
    pretend({"dropout": range(100_000), "baseline": range(10)}, [Pretender(trained)])
    assert len(trained) == count + 2


def test_nothing_missing_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "start_tensorflow", lambda device, clock: pytest.fail("TensorFlow was started"))
    monkeypatch.setattr(schedule, "workers", lambda: pytest.fail("a worker was asked for"))
    for missing in ({}, {"dropout": []}):
        assert schedule.run(PLAN.arms, VARY, missing, lambda made: pytest.fail("something was kept")) == []


@given(bad=st.sets(st.integers(0, 29)), count=st.integers(1, 3))
def test_a_seed_that_fails_is_named_and_stops_no_other(bad: set[int], count: int) -> None:
    def make(task: Task, progress: Any) -> Made:
        if bad & set(task.seeds):
            raise ValueError(f"seed {min(bad & set(task.seeds))}")
        return empty(task)

    kept: list[int] = []
    workers = [Pretender([], make) for _ in range(count)]
    failed = pretend({"dropout": range(30)}, workers, lambda made: kept.extend(made.task.seeds))
    assert sorted(kept) == sorted(set(range(30)) - bad)
    assert [(one.arm, one.seed, str(one.reason)) for one in failed] == [
        ("dropout", seed, f"seed {seed}") for seed in sorted(bad)
    ]


def test_settings_that_give_no_data_for_any_seed_are_an_error_of_their_own() -> None:
    def make(task: Task, progress: Any) -> Made:
        raise CannotDraw("data: got nothing")

    with pytest.raises(CannotDraw, match="got nothing"):
        pretend({"dropout": range(9)}, [Pretender([], make)])


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("error", [OSError("disk full"), ZeroDivisionError("a bug"), KeyboardInterrupt()])
def test_an_exception_in_keep_ends_the_run_and_is_raised_and_what_was_kept_stays(
    error: BaseException, count: int
) -> None:
    kept: list[Task] = []
    lock = threading.Lock()

    def keep(made: Made) -> None:
        with lock:
            if len(kept) >= 2:
                raise error
            kept.append(made.task)

    with pytest.raises(type(error)) as raised:
        pretend({"dropout": range(80)}, [Pretender([]) for _ in range(count)], keep)
    assert raised.value is error and len(kept) == 2


def test_an_exception_in_progress_ends_the_run_and_is_raised() -> None:
    def progress(task: Task, done: int) -> None:
        raise ZeroDivisionError

    trained: list[Task] = []
    with pytest.raises(ZeroDivisionError):
        pretend({"dropout": range(80)}, [Pretender(trained)], lambda made: pytest.fail("kept"), progress)
    assert len(trained) == 1


def test_when_one_worker_cannot_go_on_the_others_stop_at_their_next_chunk() -> None:
    started = threading.Event()
    chunks: list[int] = []

    def fail(task: Task, progress: Callable[[int], None]) -> Made:
        assert started.wait(10)
        raise OSError

    def train_long(task: Task, progress: Callable[[int], None]) -> Made:
        for chunk in range(10_000):
            try:
                progress(chunk)
            except Stopped:
                chunks.append(chunk)
                raise
            started.set()
            time.sleep(0.001)
        return empty(task)

    trained: list[Task] = []
    workers = [Pretender(trained, fail), Pretender(trained, train_long)]
    with pytest.raises(OSError):
        pretend({"dropout": range(80)}, workers, lambda made: pytest.fail("an unfinished task was kept"))
    assert len(chunks) == 1 and len(trained) == 2  # told once, and no task was begun after that


def test_there_is_a_worker_for_every_core_and_workers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    most: list[Worker] = []
    for cores in (2, 3, 1):
        monkeypatch.setattr(schedule.os, "sched_getaffinity", lambda _, n=cores: set(range(n)), raising=False)
        workers = schedule.workers()
        assert len(workers) == cores and all(a is b for a, b in zip(workers, most, strict=False))
        most = max(most, workers, key=len)


# -- the CPU unless asked ------------------------------------------------------------------------------------


class Gpu:
    name = "/physical_device:GPU:0"


def test_gpus_are_hidden_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    visible = gpus = [Gpu()]

    def see(devices: list[Gpu], kind: str) -> None:
        nonlocal visible
        visible = devices

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus if kind == "GPU" else [])
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: visible)
    monkeypatch.setattr(tf.config, "set_visible_devices", see)
    assert start.start_tensorflow("gpu") == [] and visible == gpus
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "mirage.training.stacked")  # as in a process that has trained nothing yet
        assert start.start_tensorflow() == [Gpu.name] and visible == []
    assert start.start_tensorflow() == []  # said once

    def begun(devices: list[Gpu], kind: str) -> None:
        raise RuntimeError  # as TensorFlow does once it has run something

    monkeypatch.setattr(tf.config, "set_visible_devices", begun)
    with pytest.raises(ConfigError, match="device: got gpu, expected cpu, which this process has begun with"):
        start.start_tensorflow("gpu")


def test_where_there_is_no_gpu_none_is_hidden_and_asking_for_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorflow.config.set_visible_devices", lambda *_: pytest.fail("something was hidden"))
    assert start.start_tensorflow("cpu") == []
    with pytest.raises(ConfigError, match="device: got gpu, expected cpu"):
        start.start_tensorflow("gpu")


@pytest.mark.parametrize("found", [[], [Gpu.name]])
def test_a_gpu_that_is_left_alone_is_named_in_one_line(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    lines: list[str] = []
    monkeypatch.setattr(schedule, "start_tensorflow", lambda device, clock: asked.append(device) or found)
    monkeypatch.setattr(schedule, "workers", lambda: [Pretender([])])
    for device in ("cpu", "gpu"):
        schedule.run(PLAN.arms, VARY, {"dropout": [0]}, lambda made: None, device=device, notice=lines.append)
    assert asked == ["cpu", "gpu"] and len(lines) == 2 * len(found)
    for line in lines:
        assert "device=gpu" in line and Gpu.name in line and "\n" not in line


# -- real training -------------------------------------------------------------------------------------------

SEEDS = range(10)  # a full stack and a short one
EVERYTHING = {"baseline": SEEDS, "dropout": SEEDS}
Trained = dict[tuple[str, int], Outcome]


@pytest.fixture(scope="module")
def crew() -> list[Worker]:
    """Shared by all tests of this module, so that every program is compiled once a worker."""
    return [Worker(), Worker()]


def trained(
    crew: Sequence[Worker],
    arms: Mapping[str, Arm],
    missing: Missing,
    progress: Callable[[Task, int], None] = lambda task, done: None,
    vary: Sequence[str] = VARY,
) -> Trained:
    """Train for real; fails on a replicate that comes twice, or fails."""
    kept: Trained = {}

    def keep(made: Made) -> None:
        for seed, outcome in zip(made.task.seeds, made.outcomes, strict=True):
            assert (made.task.arm, seed) not in kept
            kept[made.task.arm, seed] = outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "workers", lambda: list(crew))
        failed = schedule.run(arms, vary, missing, keep, progress)
    for failure in failed:
        raise failure.reason
    return kept


def content(outcome: Outcome) -> bytes:
    """All bytes of a replicate."""
    parts = (outcome.labels, outcome.scores, outcome.history)
    arrays = [(name, a.dtype.str, a.shape, a.tobytes()) for part in parts for name, a in part.items()]
    return repr((arrays, outcome.numbers)).encode()


@pytest.fixture(scope="module")
def all_of_it(crew: list[Worker]) -> Trained:
    """Both arms, all seeds, on one worker."""
    return trained(crew[:1], PLAN.arms, EVERYTHING)


def test_any_number_of_workers_gives_every_replicate_once_and_the_same_bytes(
    crew: list[Worker], all_of_it: Trained
) -> None:
    told: dict[Task, list[int]] = {}
    again = trained(crew, PLAN.arms, EVERYTHING, lambda task, done: told.setdefault(task, []).append(done))
    assert set(again) == {(name, seed) for name, seeds in EVERYTHING.items() for seed in seeds}
    for key, outcome in all_of_it.items():
        assert content(again[key]) == content(outcome)
    assert set(told) == set(schedule.tasks(PLAN.arms, EVERYTHING))  # progress tells the epochs done of every task
    for done in told.values():
        assert done == sorted(set(done)) and done[-1] == EPOCHS


@pytest.mark.parametrize("missing", [{"dropout": [0]}, {"dropout": [9, 2, 7, 0, 5], "baseline": [9, 4]}], ids=str)
def test_a_replicate_is_the_same_bytes_alone_or_in_any_company(
    crew: list[Worker], all_of_it: Trained, missing: dict[str, list[int]]
) -> None:
    for key, outcome in trained(crew[:1], PLAN.arms, missing).items():
        assert content(outcome) == content(all_of_it[key])


def test_a_replicate_holds_labels_scores_history_and_numbers(all_of_it: Trained) -> None:
    [splits] = drawn(PLAN.arms["dropout"], VARY, 4)
    outcome = all_of_it["dropout", 4]
    assert list(outcome.history) == ["loss"] and outcome.history["loss"].shape == (EPOCHS,)
    assert outcome.numbers == {"epochs_run": EPOCHS, "diverged": 0}
    assert list(outcome.labels) == list(outcome.scores) == list(splits)
    for name, split in splits.items():
        np.testing.assert_array_equal(outcome.labels[name], split.y)
        assert outcome.scores[name].shape == split.y.shape
    assert len({other.scores["test"].tobytes() for other in all_of_it.values()}) == len(all_of_it)
    assert len({other.labels["train"].tobytes() for other in all_of_it.values()}) == 1  # the listing fixes its rows


def test_a_training_that_was_interrupted_leaves_no_trace(crew: list[Worker], all_of_it: Trained) -> None:
    def interrupt(task: Task, done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(crew[:1], PLAN.arms, {"dropout": [77]}, interrupt)
    again = trained(crew[:1], PLAN.arms, {"dropout": [1]})
    assert content(again["dropout", 1]) == content(all_of_it["dropout", 1])


@pytest.mark.parametrize("bad", [0, 9])
def test_a_diverged_replicate_is_marked_and_its_neighbours_do_not_notice(
    crew: list[Worker], all_of_it: Trained, bad: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wild(model: Any, streams: Streams) -> Variables:
        healthy = initial(model, streams)
        return Variables([w * 1e30 for w in healthy.trainable], healthy.state) if streams.seed == bad else healthy

    monkeypatch.setattr(network, "initial", wild)
    again = trained(crew[:1], PLAN.arms, {"dropout": SEEDS})
    for seed in SEEDS:
        assert again["dropout", seed].numbers["diverged"] == (seed == bad)
        assert seed == bad or content(again["dropout", seed]) == content(all_of_it["dropout", seed])


def test_plain_model_fit_runs_the_same_start_rows_and_batches(crew: list[Worker], all_of_it: Trained) -> None:
    slowly = {"dropout": changed(PLAN.arms["dropout"], training={"engine": "fit"})}
    told: list[int] = []
    fitted = trained([Worker()], slowly, {"dropout": [0, 9]}, lambda task, done: told.append(done))
    assert told == sorted(told) and told[-1] == EPOCHS
    for key, outcome in fitted.items():
        fast = all_of_it[key]
        np.testing.assert_allclose(outcome.history["loss"], fast.history["loss"], rtol=1e-5, atol=1e-6)
        for name, scores in fast.scores.items():
            np.testing.assert_allclose(outcome.scores[name], scores, rtol=1e-5, atol=1e-6)
        assert outcome.numbers == fast.numbers


def test_programs_are_known_by_the_shape_of_their_rows(crew: list[Worker], all_of_it: Trained) -> None:
    """Laws of one and of three features, with the same network: settings alone do not tell the programs apart."""
    plain = PLAN.arms["baseline"]
    sizes = {"n_train": 20, "n_test": 5, "n_pool": 0}
    wide = arm("dropout_controlled", "baseline").data.model_copy(update=sizes | {"n_features": 3})
    arms = {"listed": plain, "wide": plain.model_copy(update={"data": wide})}
    arms["narrow"] = plain.model_copy(update={"data": wide.model_copy(update={"n_features": 1})})
    made = trained(crew[:1], arms, dict.fromkeys(arms, [0, 1]))
    assert content(made["listed", 1]) == content(all_of_it["baseline", 1])
    # Plain `model.fit`, one network after another: none starts where the one before it ended.
    slowly = {name: changed(one, training={"engine": "fit"}) for name, one in arms.items()}
    for (name, seed), outcome in trained([Worker()], slowly, dict.fromkeys(arms, [1])).items():
        for split, scores in outcome.scores.items():
            np.testing.assert_allclose(made[name, seed].scores[split], scores, rtol=1e-5, atol=1e-5)


def test_of_early_stopping_the_epoch_kept_and_its_loss_are_recorded() -> None:
    history = {"loss": np.array([3.0, 2.0, 1.0]), "val_loss": np.array([3.0, 1.5, 2.0])}
    fitted = stacked.Fitted(Variables([], []), history, 3, 1, False)
    assert network.best_epoch("val_loss", fitted) == {"best_epoch": 2.0, "best_monitored": 1.5}
    assert network.best_epoch(None, fitted) == {}


def test_balanced_class_weights_are_kerass_own_class_weight() -> None:
    """The oracle: `model.fit` told the weights as a user would, on the same rows in the same order."""
    rows, epochs = 90, 4
    small = ("data.n_train=90", "data.n_test=20", "model.hidden=[4]", f"arms.weights.training.epochs={epochs}")
    made, used = plan("smote_controlled", *small), arm("smote_controlled", "weights", *small)
    streams = Streams(2, made.about.vary)
    train = draw(used.data, used.stages.listed(), streams)["train"]
    assert used.training is not None and len(train.y) == rows and used.training.class_weight == "balanced"

    model = used.model.build(train.x.shape[1:])
    initial(model, streams).assign_to(model)
    model.compile(loss=used.training.keras_loss(), optimizer=used.training.optimizer.optimizer())
    weights = {c: rows / (2 * np.sum(train.y == c)) for c in (0, 1)}  # scikit-learn's "balanced", written out
    assert weights[1] == pytest.approx(5) and weights[0] == pytest.approx(5 / 9)
    losses = []
    for order in network.orders([streams], rows)(epochs)[0]:
        ran = model.fit(
            train.x[order], train.y[order], batch_size=32, shuffle=False, class_weight=weights, epochs=1, verbose=0
        )
        losses += ran.history["loss"]

    arms = {
        "stacked": used,
        "fit": changed(used, training={"engine": "fit"}),
        "unweighted": changed(used, training={"class_weight": "none"}),
    }
    outcomes = trained([Worker()], arms, dict.fromkeys(arms, [2]), vary=made.about.vary)
    predicted = {name: outcome.scores["train"] for (name, _), outcome in outcomes.items()}
    for name in ("stacked", "fit"):
        np.testing.assert_allclose(outcomes[name, 2].history["loss"], losses, rtol=1e-4)
        np.testing.assert_allclose(predicted[name], model.predict(train.x, verbose=0)[:, 0], rtol=1e-4, atol=1e-5)
    assert np.abs(predicted["unweighted"] - predicted["stacked"]).max() > 1e-3


# -- the order of rows ---------------------------------------------------------------------------------------


@given(chunks=st.lists(st.integers(1, 7), min_size=1, max_size=5), rows=st.integers(1, 12))
def test_every_replica_shuffles_from_its_own_stream_however_epochs_are_cut_into_chunks(
    chunks: list[int], rows: int
) -> None:
    streams = [Streams(seed, ("shuffle",)) for seed in (0, 1)]
    whole = network.orders(streams, rows)(sum(chunks))
    in_chunks = network.orders(streams, rows)
    np.testing.assert_array_equal(np.concatenate([in_chunks(k) for k in chunks], axis=1), whole)
    np.testing.assert_array_equal(network.orders(streams[1:], rows)(sum(chunks))[0], whole[1])
    np.testing.assert_array_equal(np.sort(whole, axis=2), np.broadcast_to(np.arange(rows), whole.shape))
    assert not np.array_equal(*network.orders(streams, 20)(3))
