"""`make all`: everything is made once, by workers that leave nothing behind; what is up to date is left alone."""

import dataclasses
import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
from helpers import contents, done, over_canonical_seeds, plan

import mirage
from mirage.cli.everything import actions, estimate, planning, pool, screen
from mirage.cli.everything.pool import Broken, Job
from mirage.clock import Clock
from mirage.report import stamps

# Trained by scikit-learn, in seconds; one is a lesson's only half here, one has no lesson.
TWO = ("scenario=imbalance,ridge_lasso", "steps=[train,tables]")
FIRST, *_, LAST = plan("imbalance").canonical_seeds
SEEDS = f"seeds {FIRST} to {LAST}"
COMMAND = [sys.executable, "-m", "mirage.cli.everything"]


def everything(*words: str, wrap: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Status, standard output and error of a process of its own."""
    ran = subprocess.run([*wrap, *COMMAND, *words], capture_output=True, encoding="utf-8", timeout=600)
    return ran.returncode, ran.stdout, ran.stderr


def start(*words: str) -> "subprocess.Popen[str]":
    """A process that goes on by itself, as from a terminal: with a group of its own that interrupts go to."""
    pipe = subprocess.PIPE
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # which a job in the background is not
    return subprocess.Popen(
        [*COMMAND, *words], stdout=pipe, stderr=pipe, encoding="utf-8", start_new_session=True, preexec_fn=heard
    )


def children(process: "subprocess.Popen[str]") -> list[int]:
    """Its worker processes."""
    ask = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(process.pid)]
    tree = subprocess.run(ask, capture_output=True, encoding="utf-8").stdout.splitlines()
    return [int(line.split()[0]) for line in tree if "spawn_main" in line]


def gone(pids: list[int], seconds: float = 10) -> bool:
    """Whether these processes end by themselves."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.05)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def at_work(process: "subprocess.Popen[str]", results: Path) -> list[int]:
    """Its workers, once the first records are there."""
    while not list(results.glob("runs/*/seed-*.npz")):
        assert process.poll() is None
        time.sleep(0.02)
    return children(process)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A results folder with all of two scenarios, and what was said."""
    results = tmp_path_factory.mktemp("whole")
    status, out, err = everything(*TWO, f"results_dir={results}")
    assert (status, err) == (0, "") or "estimate" in err
    return results, out


@pytest.fixture
def made(whole: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole[0], tmp_path / "results"))


def results_of(folder: Path) -> dict[str, bytes]:
    """Records and tables."""
    return {n: c for n, c in contents(folder).items() if "stamps" not in n and not n.endswith(".log")}


def test_its_bytes_are_those_of_single_runs(whole: tuple[Path, str], tmp_path: Path) -> None:
    for scenario in ("ridge_lasso", "imbalance"):
        done(f"scenario={scenario}", *over_canonical_seeds(scenario), "steps=[train,tables]", f"results_dir={tmp_path}")
    assert results_of(whole[0]) == results_of(tmp_path)


def test_it_says_on_one_screen_what_was_made_and_the_tables_go_to_the_log(whole: tuple[Path, str]) -> None:
    results, out = whole
    lines = out.splitlines()
    assert len(lines) <= 24 and lines[0].startswith("to do       ") and "2 tables" in lines[0]
    assert any(line.startswith("written     7 tables") for line in lines)
    for word in ("verdicts", "as written", "holds", "fails", "idle", "scikit-learn"):
        assert word in out
    log = (results / "runs/make-all.log").read_text(encoding="utf-8")
    assert SEEDS in log and "ridge_lasso" in log and "Claims" in log
    _, said, _ = everything("-v", "scenario=imbalance", "steps=[tables]", f"results_dir={results}")
    assert SEEDS in said


HEAVY = ("tensorflow", "pandas", "matplotlib", "sklearn", "joblib", "mirage.training.stacked")


def test_what_is_up_to_date_is_verified_and_left_alone_without_heavy_libraries(made: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in made.rglob("*") if file.is_file()}
    code = f"""if True:
        import sys
        from mirage.cli.everything.__main__ import main
        main({[*TWO, f"results_dir={made}"]!r})
        print("imported", [name for name in {HEAVY!r} if name in sys.modules])
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=600)
    assert (ran.returncode, ran.stderr) == (0, "") and ran.stdout.splitlines()[-1] == "imported []"
    assert ran.stdout.startswith("up to date") and "replicates  0 trained, " in ran.stdout
    assert {file: file.stat().st_mtime_ns for file in made.rglob("*") if file.is_file()} == before


def test_what_somebody_changed_deleted_or_damaged_is_made_again(whole: tuple[Path, str], made: Path) -> None:
    (made / "tables/imbalance.csv").write_text("arm\n", encoding="utf-8")
    claims = made / "tables/claims.csv"
    claims.write_text(claims.read_text(encoding="utf-8").replace("ridge_lasso", "another"), encoding="utf-8")
    (made / "tables/metrics.csv").unlink()
    record = sorted(made.glob(f"runs/*/seed-{FIRST + 7}.npz"))[0]
    record.write_bytes(record.read_bytes()[:-1])
    status, out, err = everything(*TWO, f"results_dir={made}")
    assert status == 0 and f"damaged record: {record}: not as written; not used" in err
    assert "replicates  1 trained, " in out and "written     7 tables" in out
    assert results_of(made) == results_of(whole[0])


def test_rows_of_scenarios_and_lessons_that_there_are_no_more_are_left_out(whole: tuple[Path, str], made: Path) -> None:
    for table, row in (("metrics", "gone,a,0,test,mse,1\n"), ("claims", "low,gone,gone,as_written,1,,,,,,,,,,,,\n")):
        with (made / f"tables/{table}.csv").open("a", encoding="utf-8") as file:
            file.write(row)
    _, out, _ = everything(*TWO, f"results_dir={made}")
    assert out.startswith("up to date") and results_of(made) == results_of(whole[0])


def test_a_table_of_one_scenario_is_made_again_beside_the_others(whole: tuple[Path, str], made: Path) -> None:
    (made / "tables/imbalance.csv").unlink()
    _, out, _ = everything("scenario=imbalance", "steps=[train,tables]", f"results_dir={made}")
    assert "to do       1 table, " in out and results_of(made) == results_of(whole[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seed=3"], "seed: got seed=3, expected any of scenario=, sweep=, steps=, results_dir="),
        (["scenario=imbalnce"], "scenario: got imbalnce (did you mean imbalance?)"),
        (["sweep=prevalense"], "sweep: got prevalense (did you mean prevalence?)"),
        (["steps=[trian]"], "steps: got"),
        (["=="], "got words that cannot be read"),
        (["results_dir=/proc/self/stat/results"], "results_dir: got /proc/self/stat/results, expected a folder"),
    ],
)
def test_bad_words_are_one_line_and_nothing_is_written(words: list[str], said: str, tmp_path: Path) -> None:
    status, out, err = everything(f"results_dir={tmp_path / 'results'}", *words)
    assert (status, out, len(err.splitlines())) == (2, "", 1) and said in err
    assert not list(tmp_path.iterdir())


def test_an_interrupt_ends_it_at_once_with_one_line_and_no_worker_left(whole: tuple[Path, str], tmp_path: Path) -> None:
    process = start(*TWO, f"results_dir={tmp_path}")
    workers = at_work(process, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in out + err
    assert err.splitlines()[-1] == "interrupted: complete records are kept; run the same command to continue"
    assert workers and gone(workers)
    assert everything(*TWO, f"results_dir={tmp_path}")[0] == 0
    assert results_of(tmp_path) == results_of(whole[0])


def test_a_worker_that_is_killed_is_one_line_and_a_parent_that_is_killed_leaves_none(tmp_path: Path) -> None:
    for victim, status in (("worker", 1), ("parent", -signal.SIGKILL)):
        results = tmp_path / victim
        process = start(*TWO, f"results_dir={results}")
        workers = at_work(process, results)
        os.kill(workers[0] if victim == "worker" else process.pid, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        assert process.returncode == status and "Traceback" not in err and workers and gone(workers)
        if victim == "worker":
            assert err.splitlines()[-1].startswith("a worker ended unexpectedly, killed or out of memory; ")


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    wrap = ("bash", "-c", 'ulimit -f 3; exec "$0" "$@"')
    status, _, err = everything(*TWO, f"results_dir={tmp_path}", wrap=wrap)
    assert status == 2 and err.splitlines()[-1].startswith("cannot write results: ") and "Traceback" not in err
    assert not list(tmp_path.rglob(".seed*"))


def test_a_seed_that_fails_is_listed_with_its_command_and_the_table_is_of_the_others(tmp_path: Path) -> None:
    few = ("data.n_rows=30", "stages.hold_out.share=0.1", "replicates=8", "steps=[train,tables]")
    one = mirage.plan("ridge_lasso", *few, f"results_dir={tmp_path}")
    trained = actions.train(one, {arm: list(one.seeds) for arm in one.arms}, lambda told: None, Clock())
    lost = {int(line.partition("seed ")[2].partition(",")[0]) for line, _ in trained.errors if line[:7] == "failed:"}
    assert 0 < len(lost) < 8 and trained.failed == len(lost) * len(one.arms)
    assert {status for _, status in trained.errors} == {1}
    assert sum(line.startswith("again with: python -m run scenario=") for line, _ in trained.errors) == len(lost)
    written = actions.table(one, lambda told: None, Clock())
    assert [file.parent.name for file in written.files] == ["custom"] and not written.texts
    assert f",{8 - len(lost)},0,0," in written.files[0].read_text(encoding="utf-8")


def test_a_sweep_is_summed_up_once_and_what_diverged_is_said_again_when_it_is_up_to_date(tmp_path: Path) -> None:
    words = ("training.optimizer.learning_rate=1e6", "training.epochs=40", "model.hidden=[4]", "steps=[train,tables]")
    plans = [
        dataclasses.replace(mirage.plan("overfitting", *words, f"data.noise={n}", f"results_dir={tmp_path}"), sweep="a")
        for n in (1, 2)
    ]
    for one in plans:
        actions.train(one, {"network": [0]}, lambda told: None, Clock())
    written = actions.sweep("a", plans, lambda told: None, Clock())
    assert written.files == [tmp_path / "tables/sweep_a.csv"]
    assert [line.partition(",")[0] for line, _ in written.errors[::2]] == ["diverged: overfitting"] * 2
    again = planning.todo(planning.Chosen([], {"a": plans}))
    assert not again.trainings and not again.products and again.said == [line for line, _ in written.errors]


def test_a_stamp_fits_what_follows_from_the_same_and_is_as_it_was_written(tmp_path: Path) -> None:
    stamp = stamps.place(tmp_path, "a")
    assert stamps.fitting(stamp, "this", {"a.csv": b"1"}) is None
    stamps.put(stamp, "this", {"a.csv": b"1", "a.png": b"2"}, ["said"])
    stamps.put(stamp, "this", {"a.csv": b"1"}, ["said"])  # the picture stays as it was drawn
    assert stamps.fitting(stamp, "this", {"a.csv": b"1", "a.png": b"2"}) == ["said"]
    assert stamps.fitting(stamp, "that", {"a.csv": b"1"}) is None
    assert stamps.fitting(stamp, "this", {"a.csv": b""}) is None
    stamps.put(stamp, "that", {"a.csv": b"1"})  # the picture follows from something else
    assert stamps.fitting(stamp, "that", {"a.png": b"2"}) is None
    stamp.write_bytes(b"{")
    assert stamps.fitting(stamp, "that", {"a.csv": b"1"}) is None


# -- the pool ----------------------------------------------------------------------------------------------------


def does(what, tell, clock):
    """An action for a worker: what it is told."""
    tell(f"{what} began")
    if what == "fails":
        raise KeyError("no such arm")
    if what == "full":
        raise OSError("No space left on device")
    if what == "dies":
        os._exit(9)
    with clock.phase("work"):
        time.sleep(0.05)
    return what, os.getpid()


def ran(*jobs: Job, cores: int = 2):
    """What became of jobs in the order of their ends, what they told, and the clock."""
    told, ended, clock = [], [], Clock()
    pool.run(jobs, cores, lambda job, what: told.append(what), lambda j, c, s: ended.append((j.name, c)) or [], clock)
    return ended, told, clock


def job(name: str, cost: float = 1, family: str = "", after: tuple[str, ...] = ()) -> Job:
    """A job that does what its name says."""
    return Job(name, does, (name,), cost, family, frozenset(after))


def test_jobs_come_after_those_they_need_longest_first_and_a_family_stays_with_a_worker():
    jobs = [
        job("table", after=("a1", "b1")),
        *(job(f"a{i}", i, "a") for i in (1, 2)),
        job("b1", 9, "b"),
        job("b2", 1, "b"),
    ]
    one, _, _ = ran(*jobs, cores=1)
    assert [name for name, _ in one] == ["b1", "b2", "a2", "a1", "table"]
    two, told, clock = ran(*jobs)
    by = {name: made[1] for name, made in two}
    assert by["b1"] != by["a2"]  # what comes next is taken by whoever is free
    order = list(by)
    assert order.index("table") > max(order.index("a1"), order.index("b1")) and len(told) == 5
    assert {"start", "import", "work", "other", "idle"} == set(clock.spent())


def test_a_job_that_fails_stops_no_other_but_a_full_disk_and_a_dead_worker_end_all():
    ended, _, _ = ran(job("fails", 9), job("a"), job("b"))
    failed = dict(ended)["fails"]
    assert {name for name, _ in ended} == {"fails", "a", "b"} and isinstance(failed, Broken)
    assert failed.line == "KeyError: 'no such arm'" and "Traceback" in failed.trace
    with pytest.raises(OSError, match="No space left"):
        ran(job("full"), job("a"))
    with pytest.raises(BrokenExecutor):
        ran(job("dies"), job("a"))


# -- the estimate ------------------------------------------------------------------------------------------------


def test_costs_are_those_of_the_benchmark_and_a_sweep_counts_by_its_replicates(tmp_path: Path) -> None:
    table = tmp_path / "benchmark.csv"
    rows = ("every scenario: dropout,60", '"every scenario: compile, all cores added up",25')
    rows = (*rows, '"every scenario: train, all cores added up",75')
    table.write_text("part,what,value\n" + "".join(f"all,{row}\n" for row in rows), encoding="utf-8")
    costs = estimate.read(table)
    assert costs.scenarios == {"dropout": 60} and costs.compiling == 0.25
    found = planning.chosen(["scenario=dropout,imbalance"])
    canonical, unknown = found.scenarios
    some = canonical.seeds[: len(canonical.seeds) // 4]
    arms = {arm: list(some) for arm in canonical.arms}
    b = 3 * 60 / (len(canonical.arms) * len(canonical.seeds))  # three replicates as dear as the known ones
    trainings = [planning.Training("a", canonical, arms), planning.Training("b", unknown, {"logistic": [0, 1, 2]})]
    assert estimate.of_trainings(costs, found.scenarios, trainings) == {"a": 15, "b": pytest.approx(b)}
    assert estimate.of_trainings(estimate.read(tmp_path / "none"), found.scenarios, trainings)["b"] == 3
    # A tenth of a cost of 60, of which a quarter compiles, took 9 s instead of 4.5.
    assert estimate.speed(costs, 60, 0.1, 9) == pytest.approx(2)
    assert screen.estimated(150, 2) == (
        "estimate    about 2 min for all (its first stack took 2 times what the benchmark's machine took)"
    )


def test_a_replicate_that_several_plans_share_is_trained_once() -> None:
    found = planning.chosen(["scenario=metric_choice_real,prior_shift_real", "results_dir=/nowhere/to/be/found"])
    work = planning.todo(found)
    wanted = {
        (place.fingerprint, seed)
        for plan in found.plans
        for place in planning.making.places(plan).values()
        for seed in plan.seeds
    }
    assert sum(training.replicates for training in work.trainings) == len(wanted) < work.replicates
    one, other = [product for product in work.products if product.kind == "table"]
    assert one.after & other.after and one.after | other.after == {training.name for training in work.trainings}
