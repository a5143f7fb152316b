"""How fast the suite is, beside what it replaces: `make bench`.

The rivals of a part are measured in one go on one machine, in turn, and the middle of the repeats is taken: on a busy
machine only the ratios within a part mean anything. Prints a table and writes results/tables/benchmark.csv. All parts
take half an hour; `python -m bench growth` is one of them.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir

import run
from mirage import claims, config, experiment, records, terminal

REPEATS = 3
SEEDS = 32  # of the stacked and the JAX training: four stacks
GROWTH = (10, 100, 1000, 10_000)
EPOCHS, ROWS, LAYERS = 2000, 20, (1, 128, 64, 1)

# The article's second example, as a script of our own: the listing's data, network, compile, fit and evaluate calls,
# with Keras's default settings. `rate` 0 gives its first example.
RECIPE = """
import sys
import time
import numpy as np
import tensorflow as tf
rate = float(sys.argv[1])
np.random.seed(42)
x = np.linspace(0, 10, 20)
y = 3 * x + np.random.randn(20) * 5
grid = np.linspace(0, 10, 100)
layers = [tf.keras.layers.Dense(128, activation="relu", input_shape=(1,)), tf.keras.layers.Dense(64, activation="relu")]
if rate:
    layers = [part for layer in layers for part in (layer, tf.keras.layers.Dropout(rate))]
model = tf.keras.Sequential([*layers, tf.keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mean_squared_error")
began = time.perf_counter()
model.fit(x, y, epochs=2000, verbose=0)
print("fit seconds", time.perf_counter() - began)
model.evaluate(x, y, verbose=0)
model.evaluate(grid, 3 * grid, verbose=0)
model.predict(grid, verbose=0)
"""


Note = Callable[..., None]  # takes what was measured, its value, its unit and what it is to reach


def seconds(action: Callable[[], Any]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def command(*arguments: str) -> tuple[float, str]:
    """Wall time and output of a Python process, start-up included."""
    began = time.perf_counter()
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, cwd=run.ROOT)
    return time.perf_counter() - began, ran.stdout


# What the system counts as a process's largest memory begins with that of the one it was forked from: so it is started
# by a process that has none to speak of.
STARTER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def time_and_memory(*arguments: str, one_core: bool = False) -> tuple[float, float]:
    """Wall time in seconds and largest memory in GiB of a Python process of its own."""
    pinned = ["taskset", "-c", "0"] if one_core else []
    took, out = command("-c", STARTER, *pinned, sys.executable, *arguments)
    return took, int(out) / (2**20 if sys.platform == "linux" else 2**30)


def matrix_product_rate() -> float:
    """Floating-point operations a second of large float32 matrix products, on all cores."""
    size, times = 1024, 20
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    a @ a
    return 2 * size**3 * times / seconds(lambda: [a @ a for _ in range(times)])


def operations() -> float:
    """Floating-point operations of the matrix products in one replica's training: forward, weights, inputs."""
    products = [2 * ROWS * a * b for a, b in zip(LAYERS, LAYERS[1:], strict=False)]
    return EPOCHS * (3 * sum(products) - products[0])  # nobody needs the slopes of the first layer's inputs


def plan_of(scenario: str, arm: str = "") -> config.Plan:
    """A scenario file, or one arm of it, as a plan, without Hydra's command line."""
    config.register()
    others = [name for name in run.declared_arms(scenario) if arm and name != arm]
    overrides = [f"scenario={scenario}", f"replicates={SEEDS}", *(f"arms.{name}=null" for name in others)]
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", overrides), scenario, overrides)


def train_stacked(plan: config.Plan) -> None:
    """Train all seeds of a one-armed plan, the way every run does."""
    experiment.run(plan, dict.fromkeys(plan.arms, plan.seeds), keep=lambda replicate: None)


WORKERS = ("hydra/launcher=joblib",)  # one a core, as make all
LISTINGS = run.LESSONS  # a lesson's scenario as written has its name

# The arms that the listings have; the other ones are ours.
LISTED = {
    "dropout": ("dropout",),
    "early_stopping": ("early_stopping",),
    "early_stopping_on_test": ("early_stopping",),
    "ridge_lasso": ("ridge", "lasso"),
    "accuracy_paradox": ("network",),
    "smote": ("smote",),
    "smote_balance": ("smote",),
}


def run_listing(scenario: str) -> None:
    """What a listing does, once: its data, then plain ``fit``, ``evaluate`` and ``predict`` with Keras's defaults."""
    import keras

    from mirage import classical, data, models, streams

    plan = plan_of(scenario)
    for arm in LISTED.get(scenario, tuple(plan.arms)):
        settings = plan.arms[arm]
        for member in range(settings.model.members or 1):
            splits = data.draw(settings.data, streams.Streams(0, plan.vary, member))
            if settings.model.kind not in config.TRAINED_BY_KERAS:
                classical.fit(settings.model, splits)
                continue
            training = settings.training
            model = models.build(settings.model, splits["train"].x.shape[1])
            model.compile(
                optimizer=models.optimizer(training), loss=models.loss(training), metrics=models.watched(training)
            )
            stopping = [keras.callbacks.EarlyStopping("val_loss", patience=training.stopping.patience)]
            model.fit(
                *splits["train"],
                epochs=training.epochs,
                batch_size=training.batch_size,
                validation_data=None if training.validate_on == "none" else tuple(splits[training.validate_on]),
                callbacks=None if training.stopping.monitor == "none" else stopping,
                verbose=0,
            )
            for x, y in splits.values():
                model.evaluate(x, y, verbose=0)
                model.predict(x, verbose=0)


def jax_training() -> Callable[[], Any]:
    """The same network and optimizer by JAX: vmap over replicas, scan over steps, compiled. Shuffles nothing."""
    import jax
    import jax.numpy as jnp

    legacy = np.random.RandomState(42)
    x = np.linspace(0, 10, ROWS, dtype=np.float32)[:, None]
    y = (3 * x + 5 * legacy.randn(ROWS)[:, None]).astype(np.float32)

    def loss(weights: Any) -> Any:
        h = x
        for i, (w, b) in enumerate(weights):
            h = h @ w + b
            h = jax.nn.relu(h) if i < len(weights) - 1 else h
        return jnp.mean((h - y) ** 2)

    def start(key: Any) -> Any:
        shapes = list(zip(LAYERS, LAYERS[1:], strict=False))
        glorot = jax.nn.initializers.glorot_uniform()
        return [
            (glorot(k, s), jnp.zeros(s[1])) for k, s in zip(jax.random.split(key, len(shapes)), shapes, strict=True)
        ]

    def train(key: Any) -> Any:
        def step(carry: Any, t: Any) -> Any:
            weights, m, v = carry
            value, slopes = jax.value_and_grad(loss)(weights)
            m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, m, slopes)
            v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, v, slopes)
            rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v)
            return (weights, m, v), value

        weights = start(key)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        return jax.lax.scan(step, (weights, zeros, zeros), jnp.arange(1.0, EPOCHS + 1))

    everyone = jax.jit(jax.vmap(train))
    keys = jax.random.split(jax.random.key(0), SEEDS)
    return lambda: jax.block_until_ready(everyone(keys))


def everything(results: str, scenarios: Sequence[str], name: str, note: Note, target: str = "") -> float:
    """Wall time of these scenarios over thirty seeds from no records, as `make all` does it; notes where it goes."""
    chosen = "scenario=" + ",".join(scenarios)
    whole, out = command("-m", "run", "-m", *WORKERS, chosen, "replicates=30", f"results_dir={results}")
    note(f"{name}, 30 seeds, no records", whole, "s", target)
    for phase, took in re.findall(r"(\S+) ([\d.]+) s(?:,|$)", out.split("added up: ")[-1].strip()):
        note(f"{name}: {phase}, all cores added up", float(took), "s")
    for took, scenario in re.findall(r"^took +([\d.]+) s for (\w+)$", out, re.M):
        note(f"{name}: {scenario}", float(took), "s")
    return whole


def growth(note: Note, scratch: str) -> None:
    """How time and memory grow with the number of replicates, and what a job of a sweep costs beside a replicate."""
    few = ("scenario=imbalance", "steps=[train,tables]")
    for replicates in GROWTH:
        where = f"results_dir={scratch}/growth-{replicates}"
        took, memory = time_and_memory("-m", "run", *few, f"replicates={replicates}", where)
        note(f"imbalance: {replicates} replicates, whole process", took, "s")
        note(f"imbalance: {replicates} replicates, largest memory", memory, "GiB", "below 2")
    took, _ = time_and_memory("-m", "run", *few, f"replicates={replicates}", where)
    note(f"imbalance: {GROWTH[-1]} replicates read again, whole process", took, "s")
    at_once, _ = time_and_memory("-m", "run", *few, "replicates=100", f"results_dir={scratch}/at-once")
    swept, _ = time_and_memory("-m", "run", "-m", *few, "seed=range(0,100)", f"results_dir={scratch}/swept")
    note("imbalance: -m seed=range(0,100) / replicates=100, whole process", swept / at_once, "times")
    values = ",".join(f"{1 + i / 10}" for i in range(20))
    chosen = (f"model.inverse_penalty={values}", f"results_dir={scratch}/settings")
    settings, _ = time_and_memory("-m", "run", "-m", *few, *chosen)
    note("imbalance: one more job of a sweep", (settings - at_once) / 19, "s")


def workers(note: Note, scratch: str) -> None:
    """Replicates a second of four scenarios on one core, by two threads of one process, and by two workers."""
    chosen = ("accuracy_paradox", "early_stopping_on_test", "overfitting", "smote")
    sweep = ("-m", "run", "-m", f"scenario={','.join(chosen)}", "replicates=30", "steps=[train,tables]")
    replicates = sum(30 * len(plan_of(scenario).arms) for scenario in chosen)
    spent = {}
    for name, launcher in {
        "one core": (),
        "two threads": (),
        "two workers": (*WORKERS, "hydra.launcher.n_jobs=2"),
    }.items():
        results = f"results_dir={scratch}/by-{name.replace(' ', '-')}"
        spent[name], _ = time_and_memory(*sweep, *launcher, results, one_core=name == "one core")
        note(f"four scenarios by {name}", replicates / spent[name], "replicates a second")
    note("four scenarios: two workers / two threads, time", spent["two workers"] / spent["two threads"], "times")


# Differences with a mean of nought: what the intervals and verdicts of `claims` are tried on.
LAWS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Any]] = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
    "tied": lambda rng, size: np.round(rng.standard_normal(size)),
    "binary": lambda rng, size: (rng.random(size) < 0.5) - 0.5,
}
SIMULATED = 20_000


def verdicts(note: Note, scratch: str) -> None:
    """How often a 95 % interval holds the true effect, and how often there is a verdict where any would be false."""
    rng = np.random.default_rng(0)
    for law, draw in LAWS.items():
        for n in (10, 30):
            drawn = draw(rng, (SIMULATED, n)).astype(float)
            low, high = np.array([claims.effect_interval(one)[1:] for one in drawn]).T
            cover = float(np.mean((low <= 0) & (high >= 0)))
            note(f"{law} differences, {n} seeds: 95 % intervals that hold the true effect", cover, "share")
            margin = 10.0  # the true effect lies at the margin, the other bound far away
            false = float(np.mean(claims.p_value(drawn + margin, margin) <= claims.LEVEL))
            note(f"{law} differences, {n} seeds: false verdicts at the margin", false, "share", "at most 0.055")


def suite(note: Note, scratch: str) -> None:
    """The scenarios as written over thirty seeds beside their listings once in plain Keras, and all scenarios."""
    whole = everything(f"{scratch}/listed", LISTINGS, "the fifteen as written", note)
    everything(f"{scratch}/all", run.SCENARIOS, "make all", note, "at most 360")
    experiment.start_tensorflow()
    listings = {scenario: seconds(lambda name=scenario: run_listing(name)) for scenario in LISTINGS}  # type: ignore[misc]
    for scenario, spent_once in listings.items():
        note(f"{scenario}: the listing once", spent_once, "s")
    once = sum(listings.values())
    note("all listings once, without importing TensorFlow", once, "s")
    note("the fifteen as written, 30 seeds / all listings once", whole / once, "times", "at most 0.333")


def training(note: Note, scratch: str) -> None:
    """One scenario: the article's recipe, `model.fit`, stacked training, JAX, and the matrix products alone."""
    plain = [command("-c", RECIPE, "0") for _ in range(2)]
    recipe = [command("-c", RECIPE, "0.2") for _ in range(2)]
    fit = {
        name: statistics.median(float(re.findall(r"fit seconds (\S+)", out)[0]) for _, out in runs)
        for name, runs in (("overfitting", plain), ("dropout", recipe))
    }
    for name, value in fit.items():
        note(f"{name}: model.fit", value, "s a replica")
    cold = [command("-m", "run", "scenario=dropout", "seed=3", f"results_dir={scratch}/{i}")[0] for i in range(REPEATS)]
    note("dropout: the article's recipe, whole process", statistics.median(t for t, _ in recipe), "s")
    note("dropout: python -m run scenario=dropout seed=3, whole process", statistics.median(cold), "s")
    ratio = statistics.median(t for t, _ in recipe) / statistics.median(cold)
    note("dropout: recipe / run, whole process", ratio, "times", "at least 8")

    wall = {}
    for seeds in (32, 320):
        wall[seeds] = command("-m", "run", "scenario=dropout", f"replicates={seeds}", f"results_dir={scratch}/{seeds}")[
            0
        ]
        note(f"dropout: {seeds} seeds, whole process", wall[seeds], "s")
    note("dropout: 320 seeds / 32 seeds", wall[320] / wall[32], "times", "at most 11")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**20 if sys.platform == "linux" else 2**30)
    note("largest memory of any of these processes", peak, "GiB", "below 2")

    experiment.start_tensorflow()
    overfitting, dropout = plan_of("overfitting", "network"), plan_of("dropout", "dropout")
    rival = _rival(terminal.err.print)
    first = {
        "overfitting": seconds(lambda: train_stacked(overfitting)),
        "dropout": seconds(lambda: train_stacked(dropout)),
    }
    first_rival = seconds(rival) if rival else np.nan
    spent: dict[str, list[float]] = {"overfitting": [], "dropout": [], "jax": [], "rate": []}
    for _ in range(REPEATS):
        spent["rate"].append(matrix_product_rate())
        spent["overfitting"].append(seconds(lambda: train_stacked(overfitting)))
        spent["dropout"].append(seconds(lambda: train_stacked(dropout)))
        if rival:
            spent["jax"].append(seconds(rival))
    middle = {name: statistics.median(values) if values else np.nan for name, values in spent.items()}
    own = {name: middle[name] / SEEDS for name in ("overfitting", "dropout", "jax")}

    width = f"{SEEDS} seeds in stacks of {experiment.WIDTH}"
    for name in ("overfitting", "dropout"):
        note(f"{name}: stacked, {width}", own[name], "s a replica")
        note(f"{name}: stacked, {width}, compile included", first[name] / SEEDS, "s a replica")
    note("overfitting: fit / stacked", fit["overfitting"] / own["overfitting"], "times", "at least 500")
    ratio = fit["overfitting"] * SEEDS / first["overfitting"]
    note("overfitting: fit / stacked, compile included", ratio, "times")
    note("dropout: fit / stacked", fit["dropout"] / own["dropout"], "times")
    if rival:
        note(f"overfitting: JAX vmap and scan, {SEEDS} seeds at once", own["jax"], "s a replica")
        note("overfitting: JAX / stacked", own["jax"] / own["overfitting"], "times", "at least 1.5")
        ratio = first_rival / first["overfitting"]
        note("overfitting: JAX / stacked, compile included", ratio, "times")
    note("matrix products, float32", middle["rate"] / 1e9, "GFLOP/s")
    ideal = operations() / middle["rate"]
    note("overfitting: its matrix products at that rate", ideal, "s a replica")
    note("overfitting: stacked / its matrix products", own["overfitting"] / ideal, "times", "at most 5")
    note("dropout / overfitting, stacked", own["dropout"] / own["overfitting"], "times", "at most 3")


PARTS: dict[str, Callable[[Note, str], None]] = {
    "training": training,
    "suite": suite,
    "growth": growth,
    "workers": workers,
    "verdicts": verdicts,
}


def measure(part: str) -> pd.DataFrame:
    """All measurements of a part: part, what, value, unit, what it is to reach, whether it does."""
    rows = []

    def note(what: str, value: float, unit: str, target: str = "") -> None:
        rows.append((part, what, f"{value:.4g}", unit, target, _met(value, target)))
        terminal.err.print(f"{what}: {value:.4g} {unit} {f'({target})' if target else ''}")

    with tempfile.TemporaryDirectory() as scratch:
        PARTS[part](note, scratch)
    return pd.DataFrame(rows, columns=["part", "what", "value", "unit", "target", "met"])


def _rival(say: Callable[[str], None]) -> Callable[[], Any] | None:
    try:
        return jax_training()
    except ImportError:
        say("JAX is not installed: left out (make bench installs it)")
        return None


def _met(value: float, target: str) -> str:
    if not target:
        return ""
    bound = float(target.split()[-1])
    return "yes" if (value >= bound if target.startswith("at least") else value <= bound) else "no"


def main() -> None:
    """Measure all parts, or those named, print, and renew their rows in results/tables/benchmark.csv."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    parts = sys.argv[1:] or list(PARTS)
    for part in parts:
        if part not in PARTS:
            sys.exit(f"part: got {part}, takes {', '.join(PARTS)}")
    place = run.ROOT / "results/tables/benchmark.csv"
    for part in parts:
        table = measure(part)
        known = pd.read_csv(place, dtype=str, keep_default_na=False)
        whole = pd.concat([table, known[known["part"] != part]])
        whole = whole.sort_values("part", key=lambda p: p.map(list(PARTS).index), kind="stable")
        records.write_text(place, whole.to_csv(index=False, lineterminator="\n"))
        terminal.out.print(table.to_string(index=False))
    terminal.out.print(f"table       {place}")


if __name__ == "__main__":
    main()
