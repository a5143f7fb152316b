"""What holds for all tests."""

import os
import platform
from typing import Any

import hypothesis
import pytest

from mirage.training.replicate import INSTRUCTIONS

# TensorFlow reads its flags once a process: whichever test imports it first, all compile for the same instructions.
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("XLA_FLAGS", INSTRUCTIONS)

# How long an example takes says nothing about whether it holds, and machines are busy. Examples are the same each time,
# so that what passed once passes again; `make fuzz` draws others.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("other", deadline=None, derandomize=False, max_examples=3000)
hypothesis.settings.load_profile("same")

CUT = ("test_scenarios.py", "test_stacked.py")  # what their tests share, they share by parameter


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers the tests of a file go to one, as they share what they have made.

    The tests of the slowest files go together by their parameter: a scenario, a training case.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid.partition("[")[2] or file if file.endswith(CUT) else file

    return Together(config, log)
