"""What the suite is measured against: an article's recipe in plain Keras, the listings, and the same network in JAX."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import mirage
from mirage import making
from mirage.config.plan import Arm, Plan
from mirage.data.split import Splits
from mirage.models.kind import KERAS
from mirage.training import classical, schedule
from mirage.training.replicate import drawn

SEEDS = 32  # of the stacked and the JAX training: four stacks
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


def plan_of(scenario: str, arm: str) -> Plan:
    """One arm of a scenario file over `SEEDS` seeds."""
    return mirage.plan(scenario, f"only=[{arm}]", seeds=range(SEEDS))


def train_stacked(plan: Plan) -> None:
    """Train all seeds of a plan, the way every run does, and keep nothing."""
    schedule.run(plan.arms, plan.about.vary, dict.fromkeys(plan.arms, plan.seeds), keep=lambda made: None)


def hand_out(plan: Plan) -> None:
    """Find what is missing of a plan, cut it into tasks and hand these out, one after another."""
    places = making.places(plan)
    recorded = {arm: place.recorded() for arm, place in places.items()}
    missing = {arm: [seed for seed in plan.seeds if seed not in recorded[arm]] for arm in plan.arms}
    waiting = schedule.Waiting(plan.arms, schedule.tasks(plan.arms, missing))
    while (task := waiting.next()) is not None:
        waiting.done(task)


def sklearn_training() -> None:
    """The same network, data and number of epochs by scikit-learn's MLPRegressor, once."""
    from sklearn.neural_network import MLPRegressor

    x, y = _line()
    settings: dict[str, Any] = {"max_iter": EPOCHS, "n_iter_no_change": EPOCHS, "tol": 0.0, "batch_size": ROWS}
    MLPRegressor(hidden_layer_sizes=LAYERS[1:-1], alpha=0.0, random_state=0, **settings).fit(x, y[:, 0])


def _line() -> tuple[Any, Any]:
    """The listing's rows: x and y [row, 1]."""
    legacy = np.random.RandomState(42)
    x = np.linspace(0, 10, ROWS, dtype=np.float32)[:, None]
    return x, (3 * x + 5 * legacy.randn(ROWS)[:, None]).astype(np.float32)


def run_listing(scenario: str) -> None:
    """What a listing does, once: its data, then plain ``fit``, ``evaluate`` and ``predict`` with Keras's defaults."""
    plan = mirage.plan(scenario)
    for name in LISTED.get(scenario, tuple(plan.arms)):
        arm = plan.arms[name]
        rows = drawn(arm, plan.about.vary, seed=0)
        if arm.model.trained_by == KERAS:
            for splits in rows:
                _fit(arm, splits)
        else:
            classical.train(arm, rows)


def _fit(arm: Arm, splits: Splits) -> None:
    import keras

    training = arm.training
    assert training is not None
    model = arm.model.build(splits["train"].x.shape[1:])
    model.compile(
        optimizer=training.optimizer.optimizer(), loss=training.keras_loss(), metrics=training.keras_metrics()
    )
    rule = training.stopping
    validation = None if training.validate_on == "none" else splits[training.validate_on]
    model.fit(
        splits["train"].x,
        splits["train"].y,
        epochs=training.epochs,
        batch_size=training.batch_size,
        validation_data=None if validation is None else (validation.x, validation.y),
        callbacks=None if rule is None else [keras.callbacks.EarlyStopping(rule.monitor, patience=rule.patience)],
        verbose=0,
    )
    for split in splits.values():
        model.evaluate(split.x, split.y, verbose=0)
        model.predict(split.x, verbose=0)


def operations() -> float:
    """Floating-point operations of the matrix products in one replica's training: forward, weights, inputs."""
    products = [2 * ROWS * a * b for a, b in zip(LAYERS, LAYERS[1:], strict=False)]
    return EPOCHS * (3 * sum(products) - products[0])  # nobody needs the slopes of the first layer's inputs


def jax_training(say: Callable[[str], None]) -> Callable[[], Any] | None:
    """The same network and optimizer by JAX: vmap over replicas, scan over steps, compiled. Shuffles nothing.

    None, and a line to `say`, where JAX is not installed.
    """
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        say("JAX is not installed: left out (make bench installs it)")
        return None

    x, y = _line()

    def loss(weights: Sequence[Any]) -> Any:
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
