"""Starting TensorFlow: quietly, on the CPU unless asked, and with the same machine code on every x86-64 machine."""

import contextlib
import multiprocessing
import os
import platform
import sys
from collections.abc import Iterator

from mirage.clock import Clock
from mirage.settings import ConfigError
from mirage.training.replicate import INSTRUCTIONS


def start_tensorflow(device: str = "cpu", clock: Clock | None = None) -> list[str]:
    """Import TensorFlow without its start-up messages, which it writes past Python to the terminal.

    Imports nothing the second time. Returns the names of the GPUs that are there and not used, the first time only: on
    a GPU the last digits change, and every worker process would take all of its memory, so that it is used only if
    `device` is ``gpu``.

    Raises ConfigError where `device` is ``gpu`` and there is none, or this process uses the other device already.
    """
    if "mirage.training.network" in sys.modules:
        use_only(device)
        return []
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    flags = os.environ.get("XLA_FLAGS", "")
    if platform.machine() in ("x86_64", "AMD64") and "xla_cpu_max_isa" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {INSTRUCTIONS}".strip()
    with _without_messages(), (clock or Clock()).phase("import"):
        with _lean_keras():
            from mirage.training import network
        assert network.__name__
        _use_threads()
        return use_only(device)  # looks for GPUs, and complains where there is no driver


@contextlib.contextmanager
def _without_messages() -> Iterator[None]:
    """Send what is written to standard error to nowhere, past Python, too."""
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


@contextlib.contextmanager
def _lean_keras() -> Iterator[None]:
    """Keep Keras from importing packages that it can do without, a second for what the suite does not use.

    Only in the suite's own commands: in a notebook, somebody else may want Keras with data frames or its wrappers.
    """
    main = getattr(sys.modules["__main__"], "__spec__", None)
    ours = main is not None and main.name.partition(".")[0] in ("run", "mirage")
    kept = [name for name in ("sklearn", "pandas", "matplotlib") if ours and name not in sys.modules]
    sys.modules.update(dict.fromkeys(kept))  # type: ignore[arg-type]  # an import of None fails, and Keras goes without
    try:
        yield
    finally:
        for name in kept:
            del sys.modules[name]


def lanes() -> int:
    """How many threads train at once: one per processor core, a single one in a process that has others beside it."""
    if multiprocessing.parent_process() is not None:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _use_threads() -> None:
    """Give TensorFlow a thread for each lane: with fewer, programs would wait for each other. Changes no number.

    Too late, and without effect, once TensorFlow has run something.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # no advice on how often functions are traced
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(lanes())


def use_only(device: str) -> list[str]:
    """Let TensorFlow see the GPUs or not; the names of those that it must not use. Errors as above."""
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    wanted = found if device == "gpu" else []
    if device == "gpu" and not found:
        raise ConfigError("device: got gpu, expected cpu, as TensorFlow finds no GPU")
    if found and tf.config.get_visible_devices("GPU") != wanted:
        try:
            tf.config.set_visible_devices(wanted, "GPU")
        except RuntimeError:
            other = "cpu" if device == "gpu" else "gpu"
            raise ConfigError(f"device: got {device}, expected {other}, which this process has begun with") from None
    return [str(gpu.name) for gpu in found if device != "gpu"]
