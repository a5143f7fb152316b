"""Training: every replicate once, the same bytes in any company, a failure noted, and the CPU unless asked."""

import itertools
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from helpers import arm, plan
from hypothesis import given
from hypothesis import strategies as st

from mirage.clock import Clock
from mirage.config.plan import Arm
from mirage.data.rows import draw
from mirage.data.split import CannotDraw
from mirage.data.streams import Streams
from mirage.models.variables import Variables, initial
from mirage.settings import ConfigError
from mirage.training import network, schedule, stacked, start
from mirage.training.replicate import WIDTH, Outcome, drawn
from mirage.training.schedule import Failure, Made, Task

EPOCHS = 6
TINY = ("model.hidden=[4]", f"training.epochs={EPOCHS}", "training.batch_size=8", "data.n_test=5")  # a partial batch
PLAN = plan("dropout", *TINY)
VARY = PLAN.about.vary


def changed(used: Arm, **blocks: dict[str, Any]) -> Arm:
    """An arm with these settings of its blocks changed, unchecked."""
    updated = {name: getattr(used, name).model_copy(update=settings) for name, settings in blocks.items()}
    return used.model_copy(update=updated)


def arms_of(names: Any, members: int = 1) -> dict[str, Arm]:
    """Arms no two of which are alike."""
    used = PLAN.arms["dropout"]
    return {name: changed(used, model={"dropout": i / 10, "members": members}) for i, name in enumerate(names)}


some_missing = st.dictionaries(
    st.sampled_from(["baseline", "dropout", "more"]), st.sets(st.integers(0, 500), max_size=40).map(sorted)
)


@given(missing=some_missing, members=st.integers(1, WIDTH))
def test_tasks_hold_every_missing_seed_once_in_the_fewest_stacks_of_at_most_the_width(missing, members):
    cut = schedule.tasks(arms_of(missing, members), missing)
    assert all(len(task.seeds) >= 1 and len(task.seeds) * members <= WIDTH for task in cut)
    for name, seeds in missing.items():
        own = [task.seeds for task in cut if task.arm == name]
        assert [s for stack in own for s in stack] == seeds and len(own) == -(-len(seeds) // (WIDTH // members))


def empty(task: Task) -> Made:
    return Made(task, [], [Outcome({}, {}, {}, {}) for _ in task.seeds], 0.0)


Make = Callable[[Task, Callable[[int], None]], Made]


def at_once(task: Task, progress: Callable[[int], None]) -> Made:
    progress(1)
    return empty(task)


def pretend(missing, lanes=1, make: Make = at_once, **hooks) -> tuple[list[Task], list[Failure]]:
    """`schedule.run` on so many threads that train nothing: the tasks begun, and the failures."""
    begun: list[Task] = []

    def begin(settings: Arm, vary: Any, task: Task, progress: Callable[[int], None], clock: Any) -> Made:
        begun.append(task)
        return make(task, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "lanes", lambda: lanes)
        patch.setattr(schedule, "make", begin)
        patch.setattr(schedule, "start_tensorflow", lambda device, clock: [])
        failed = schedule.run(arms_of(missing), VARY, missing, **{"keep": lambda made: None} | hooks)
    return begun, failed


@given(missing=some_missing, count=st.integers(1, 5))
def test_every_replicate_is_trained_and_kept_once_with_any_number_of_threads(missing, count):
    kept: list[Task] = []
    trained, failed = pretend(missing, count, keep=lambda made: kept.append(made.task))
    assert failed == []
    everything = sorted(schedule.tasks(arms_of(missing), missing), key=repr)
    assert sorted(trained, key=repr) == sorted(kept, key=repr) == everything


def test_while_one_thread_compiles_a_program_the_other_compiles_another():
    """Two arms that differ in what is an input share a program: the second thread takes the third arm."""
    networks = {"one": {"dropout": 0.1}, "two": {"dropout": 0.2}, "other": {"dropout": None}}
    arms = {name: changed(PLAN.arms["dropout"], model=settings) for name, settings in networks.items()}
    waiting = schedule.Waiting(arms, schedule.tasks(arms, {"one": range(24), "two": range(24), "other": [0]}))
    tasks = [waiting.next() for _ in range(2)]
    assert [task and task.arm for task in tasks] == ["one", "other"]
    waiting.done(tasks[0])
    assert [task and task.arm for task in (waiting.next(), waiting.next(), waiting.next())] == ["one", "one", "two"]


@given(missing=some_missing)
def test_a_thread_stays_with_an_arm_that_is_compiled_and_starts_with_the_one_that_has_most_left(missing):
    trained, _ = pretend(missing)
    turns = [(name, len(list(group))) for name, group in itertools.groupby(trained, lambda task: task.arm)]
    assert len(turns) == len(dict(turns)) and turns == sorted(turns, key=lambda turn: -turn[1])


def test_handing_out_a_hundred_thousand_seeds_looks_at_every_task_a_few_times(monkeypatch):
    looks, count = 0, 100_000 // WIDTH

    class Counted(Task):
        def __getattribute__(self, name: str) -> Any:
            nonlocal looks
            looks += name == "arm"
            assert looks <= 20 * count, "work grows faster than the number of tasks"
            return super().__getattribute__(name)

    monkeypatch.setattr(schedule, "Task", Counted)
    trained, _ = pretend({"dropout": range(100_000), "baseline": range(10)})
    assert len(trained) == count + 2


def test_nothing_missing_starts_nothing(monkeypatch):
    monkeypatch.setattr(schedule, "start_tensorflow", lambda device, clock: pytest.fail("TensorFlow was started"))
    monkeypatch.setattr(schedule, "make", lambda *_: pytest.fail("something was made"))
    for missing in ({}, {"dropout": []}):
        assert schedule.run(PLAN.arms, VARY, missing, lambda made: pytest.fail("something was kept")) == []


@given(bad=st.sets(st.integers(0, 29)), count=st.integers(1, 3))
def test_a_seed_that_fails_is_named_and_stops_no_other(bad, count):
    def make(task: Task, progress: Any) -> Made:
        if bad & set(task.seeds):
            raise ValueError(f"seed {min(bad & set(task.seeds))}")
        return empty(task)

    kept: list[int] = []
    _, failed = pretend({"dropout": range(30)}, count, make, keep=lambda made: kept.extend(made.task.seeds))
    assert sorted(kept) == sorted(set(range(30)) - bad)
    named = [(one.arm, one.seed, str(one.reason)) for one in failed]
    assert named == [("dropout", seed, f"seed {seed}") for seed in sorted(bad)]


def test_settings_that_give_no_data_for_any_seed_are_an_error_of_their_own():
    with pytest.raises(CannotDraw, match="got nothing"):
        pretend({"dropout": range(9)}, 1, Mock(side_effect=CannotDraw("data: got nothing")))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("error", [OSError("disk full"), ZeroDivisionError("a bug"), KeyboardInterrupt()])
def test_an_exception_in_keep_or_progress_ends_the_run_and_is_raised_and_what_was_kept_stays(error, count):
    kept: list[Task] = []
    lock = threading.Lock()

    def stop_the_third(task: Task, done: int = 0) -> None:
        with lock:
            if len(kept) >= 2:
                raise error
            kept.append(task)

    for hooks in ({"keep": lambda made: stop_the_third(made.task)}, {"progress": stop_the_third}):
        kept.clear()
        with pytest.raises(type(error)) as raised:
            pretend({"dropout": range(80)}, count, **hooks)
        assert raised.value is error and len(kept) == 2


def test_when_one_thread_cannot_go_on_the_others_stop_at_their_next_chunk():
    begun, turns, made = threading.Event(), itertools.count(), []

    def fail_or_never_end(task: Task, progress: Callable[[int], None]) -> Made:
        made.append(task)
        if next(turns) == 0:
            assert begun.wait(10)
            raise OSError
        while True:
            progress(1)
            begun.set()
            time.sleep(0.001)

    with pytest.raises(OSError):
        pretend({"dropout": range(80)}, 2, fail_or_never_end)
    assert len(made) == 2  # no task was begun after that


def test_there_is_a_thread_for_every_core(monkeypatch):
    for cores in (2, 3):
        monkeypatch.setattr(start.os, "sched_getaffinity", lambda _, n=cores: set(range(n)), raising=False)
        assert start.lanes() == cores


def test_time_in_no_phase_is_what_all_threads_had_less_what_they_spent(monkeypatch):
    now = [10.0]
    monkeypatch.setattr("mirage.clock.time.perf_counter", lambda: now[0])
    clock = Clock(start=1.0)
    now[0] += 5
    with clock.phase("plan"):
        now[0] += 2
    clock.beside(4.0)  # of a second thread
    clock.add({"train": 6.0})
    assert clock.passed() == 8 and clock.other() == 8 + 4 - (1 + 2 + 6)


class Gpu:
    name = "/physical_device:GPU:0"


def test_gpus_are_hidden_unless_asked_for(monkeypatch):
    import tensorflow as tf

    gpus = [Gpu()]
    visible = Mock(return_value=gpus)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus if kind == "GPU" else [])
    monkeypatch.setattr(tf.config, "get_visible_devices", visible)
    see = Mock(side_effect=lambda devices, kind: visible.configure_mock(return_value=devices))
    monkeypatch.setattr(tf.config, "set_visible_devices", see)
    assert start.start_tensorflow("gpu") == [] and visible() == gpus
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "mirage.training.network")  # as in a process that has trained nothing yet
        assert start.start_tensorflow() == [Gpu.name] and visible() == []
    assert start.start_tensorflow() == []  # said once

    refuse = Mock(side_effect=RuntimeError)  # as TensorFlow does once it has run something
    monkeypatch.setattr(tf.config, "set_visible_devices", refuse)
    with pytest.raises(ConfigError, match="device: got gpu, expected cpu, which this process has begun with"):
        start.start_tensorflow("gpu")


def test_where_there_is_no_gpu_none_is_hidden_and_asking_for_one_is_refused(monkeypatch):
    monkeypatch.setattr("tensorflow.config.set_visible_devices", lambda *_: pytest.fail("something was hidden"))
    assert start.start_tensorflow("cpu") == []
    with pytest.raises(ConfigError, match="device: got gpu, expected cpu"):
        start.start_tensorflow("gpu")


@pytest.mark.parametrize("found", [[], [Gpu.name]])
def test_a_gpu_that_is_left_alone_is_named_in_one_line(found, monkeypatch):
    tensorflow, lines = Mock(return_value=found), []
    monkeypatch.setattr(schedule, "start_tensorflow", tensorflow)
    monkeypatch.setattr(schedule, "make", lambda arm, vary, task, progress, clock: empty(task))
    for device in ("cpu", "gpu"):
        schedule.run(PLAN.arms, VARY, {"dropout": [0]}, lambda made: None, device=device, notice=lines.append)
    assert [call.args[0] for call in tensorflow.call_args_list] == ["cpu", "gpu"] and len(lines) == 2 * len(found)
    assert all("device=gpu" in line and Gpu.name in line and "\n" not in line for line in lines)


SEEDS = range(10)  # a full stack and a short one
EVERYTHING = {"baseline": SEEDS, "dropout": SEEDS}
Trained = dict[tuple[str, int], Outcome]


def trained(lanes, arms, missing, progress=lambda task, done: None, vary=VARY) -> Trained:
    """Train for real; fails on a replicate that comes twice, or fails."""
    kept: Trained = {}

    def keep(made: Made) -> None:
        for seed, outcome in zip(made.task.seeds, made.outcomes, strict=True):
            assert (made.task.arm, seed) not in kept
            kept[made.task.arm, seed] = outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "lanes", lambda: lanes)
        failed = schedule.run(arms, vary, missing, keep, progress)
    assert failed == []
    return kept


def content(outcome: Outcome) -> bytes:
    """All bytes of a replicate."""
    parts = (outcome.labels, outcome.scores, outcome.history)
    arrays = [(name, a.dtype.str, a.shape, a.tobytes()) for part in parts for name, a in part.items()]
    return repr((arrays, outcome.numbers)).encode()


@pytest.fixture(scope="module")
def all_of_it() -> Trained:
    """Both arms, all seeds, on one thread."""
    return trained(1, PLAN.arms, EVERYTHING)


@pytest.mark.parametrize(
    ("count", "missing"),
    [(2, EVERYTHING), (1, {"dropout": [0]}), (1, {"dropout": [9, 2, 7, 0, 5], "baseline": [9, 4]})],
    ids=["threads", "alone", "company"],
)
def test_any_number_of_threads_in_any_company_gives_every_replicate_once_and_the_same_bytes(all_of_it, count, missing):
    told: dict[Task, list[int]] = {}
    made = trained(count, PLAN.arms, missing, lambda task, done: told.setdefault(task, []).append(done))
    assert set(made) == {(name, seed) for name, seeds in missing.items() for seed in seeds}
    assert all(content(outcome) == content(all_of_it[key]) for key, outcome in made.items())
    assert set(told) == set(schedule.tasks(PLAN.arms, missing))  # progress tells the epochs done of every task
    assert all(done == sorted(set(done)) and done[-1] == EPOCHS for done in told.values())


def test_a_replicate_holds_labels_scores_history_and_numbers(all_of_it):
    assert len({outcome.scores["test"].tobytes() for outcome in all_of_it.values()}) == len(all_of_it)
    [splits] = drawn(PLAN.arms["dropout"], VARY, 4)
    outcome = all_of_it["dropout", 4]
    assert list(outcome.history) == ["loss"] and outcome.history["loss"].shape == (EPOCHS,)
    assert outcome.numbers == {"epochs_run": EPOCHS, "diverged": 0} and list(outcome.scores) == list(splits)
    for name, labels in outcome.labels.items():
        np.testing.assert_array_equal(labels, splits[name].y)


def test_a_training_that_was_interrupted_leaves_no_trace(all_of_it):
    with pytest.raises(KeyboardInterrupt):
        trained(1, PLAN.arms, {"dropout": [77]}, Mock(side_effect=KeyboardInterrupt))
    again = trained(1, PLAN.arms, {"dropout": [1]})
    assert content(again["dropout", 1]) == content(all_of_it["dropout", 1])


@pytest.mark.parametrize("bad", [0, 9])
def test_a_diverged_replicate_is_marked_and_its_neighbours_do_not_notice(all_of_it, bad, monkeypatch):
    def wild(model: Any, streams: Streams) -> Variables:
        healthy = initial(model, streams)
        return Variables([w * 1e30 for w in healthy.trainable], healthy.state) if streams.seed == bad else healthy

    monkeypatch.setattr(network, "initial", wild)
    again = trained(1, PLAN.arms, {"dropout": SEEDS})
    for seed in SEEDS:
        assert again["dropout", seed].numbers["diverged"] == (seed == bad)
        assert seed == bad or content(again["dropout", seed]) == content(all_of_it["dropout", seed])


def test_programs_are_known_by_the_shape_of_their_rows_and_all_give_what_plain_model_fit_gives(all_of_it):
    """Laws of one and of three features, with the same network: settings alone do not tell the programs apart."""
    sizes = {"n_train": 20, "n_test": 5, "n_pool": 0}
    wide, narrow = (sizes | {"n_features": n} for n in (3, 1))
    law, listed = arm("dropout_controlled", "dropout").data, PLAN.arms["dropout"]
    laws = {"listed": listed.data, "wide": law.model_copy(update=wide), "narrow": law.model_copy(update=narrow)}
    arms = {name: listed.model_copy(update={"data": law}) for name, law in laws.items()}
    made = trained(1, arms, dict.fromkeys(arms, [0, 1]))
    assert content(made["listed", 1]) == content(all_of_it["dropout", 1])
    slowly = {name: changed(one, training={"engine": "fit"}) for name, one in arms.items()}
    told: list[int] = []
    fitted = trained(1, slowly, dict.fromkeys(arms, [1]), lambda task, done: told.append(done))
    assert told[-1] == EPOCHS
    for key, outcome in fitted.items():
        np.testing.assert_allclose(made[key].history["loss"], outcome.history["loss"], rtol=1e-5, atol=1e-6)
        assert outcome.numbers == made[key].numbers
        for split, scores in outcome.scores.items():
            np.testing.assert_allclose(made[key].scores[split], scores, rtol=1e-5, atol=1e-5)


def test_of_early_stopping_the_epoch_kept_and_its_loss_are_recorded():
    history = {"loss": np.array([3.0, 2.0, 1.0]), "val_loss": np.array([3.0, 1.5, 2.0])}
    fitted = stacked.Fitted(Variables([], []), history, 3, 1, False)
    assert network.best_epoch("val_loss", fitted) == {"best_epoch": 2.0, "best_monitored": 1.5}
    assert network.best_epoch(None, fitted) == {}


def test_balanced_class_weights_are_kerass_own_class_weight():
    """The oracle: `model.fit` told the weights as a user would, on the same rows in the same order."""
    small = ("data.n_train=90", "data.n_test=20", "model.hidden=[4]", "arms.weights.training.epochs=4")
    vary, used = plan("smote_controlled", *small).about.vary, arm("smote_controlled", "weights", *small)
    streams = Streams(2, vary)
    x, y, *_ = draw(used.data, used.stages.listed(), streams)["train"]
    model = used.model.build(x.shape[1:])
    initial(model, streams).assign_to(model)
    model.compile(loss=used.training.keras_loss(), optimizer=used.training.optimizer.optimizer())
    weights = {c: 90 / (2 * np.sum(y == c)) for c in (0, 1)}  # scikit-learn's "balanced", written out
    assert weights[1] == pytest.approx(5) and used.training.class_weight == "balanced"
    for order in network.orders([streams], 90)(4)[0]:
        model.fit(x[order], y[order], batch_size=32, shuffle=False, class_weight=weights, epochs=1, verbose=0)
    arms = {"stacked": used, "fit": changed(used, training={"engine": "fit"})}
    for outcome in trained(1, arms, dict.fromkeys(arms, [2]), vary=vary).values():
        np.testing.assert_allclose(outcome.scores["train"], model.predict(x, verbose=0)[:, 0], rtol=1e-4, atol=1e-5)


@given(chunks=st.lists(st.integers(1, 7), min_size=1, max_size=5), rows=st.integers(1, 12))
def test_every_replica_shuffles_from_its_own_stream_however_epochs_are_cut_into_chunks(chunks, rows):
    streams = [Streams(seed, ("shuffle",)) for seed in (0, 1)]
    whole = network.orders(streams, rows)(sum(chunks))
    in_chunks = network.orders(streams, rows)
    np.testing.assert_array_equal(np.concatenate([in_chunks(k) for k in chunks], axis=1), whole)
    np.testing.assert_array_equal(network.orders(streams[1:], rows)(sum(chunks))[0], whole[1])
    np.testing.assert_array_equal(np.sort(whole, axis=2), np.broadcast_to(np.arange(rows), whole.shape))
    assert not np.array_equal(*network.orders(streams, 20)(3))
