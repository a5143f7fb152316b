"""Starting TensorFlow: quietly, on the CPU unless asked, and with the same machine code on every x86-64 machine."""

import os
import platform
import sys

from mirage.clock import Clock
from mirage.settings import ConfigError

# Programs are compiled for these instructions whatever the processor has, so that x86-64 machines of the last ten years
# give the same bytes. Costs nothing: XLA keeps to vectors of 256 bits anyway.
INSTRUCTIONS = "--xla_cpu_max_isa=AVX2"


def start_tensorflow(device: str = "cpu", clock: Clock | None = None) -> list[str]:
    """Import TensorFlow without its start-up messages, which it writes past Python to the terminal.

    Does nothing the second time. Returns the names of the GPUs that are there and not used: on a GPU the last digits
    change, and every worker process would take all of its memory, so that it is used only if `device` is ``gpu``.

    Raises ConfigError where `device` is ``gpu`` and there is none.
    """
    first = "mirage.training.stacked" not in sys.modules
    if first:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        flags = os.environ.get("XLA_FLAGS", "")
        if platform.machine() in ("x86_64", "AMD64") and "xla_cpu_max_isa" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {INSTRUCTIONS}".strip()
        terminal = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            with (clock or Clock()).phase("import"):
                from mirage.training import stacked
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            os.close(nowhere)
        stacked.use_one_thread_per_operation()
    if device == "gpu":
        if not gpus():
            raise ConfigError("device: got gpu, expected cpu, as TensorFlow finds no GPU")
        return []
    return hide_gpus() if first else []


def gpus() -> list[str]:
    """The names of the GPUs that TensorFlow finds."""
    import tensorflow as tf

    return [str(gpu.name) for gpu in tf.config.list_physical_devices("GPU")]


def hide_gpus() -> list[str]:
    """Keep TensorFlow off the GPUs; their names."""
    import tensorflow as tf

    found = gpus()
    if found:
        tf.config.set_visible_devices([], "GPU")
    return found
