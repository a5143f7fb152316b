"""Accuracy Mirage: why a Keras model with high accuracy predicts poorly, measured over many seeds.

import mirage
plan = mirage.plan("dropout", "model.dropout=0.5", seeds=range(30))
results = mirage.run(plan)      # trains what is missing; silent
results.table(); results.claims(); results.figure(); results.predictions(arm="dropout", split="test")
mirage.load("dropout")          # the canonical records, without TensorFlow
mirage.lesson("dropout")        # question, scenarios, claims, figure()
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirage.api import CannotDraw, CannotRun, ConfigError, Lesson, lesson, load, plan, run

__all__ = ["CannotDraw", "CannotRun", "ConfigError", "Lesson", "lesson", "load", "plan", "run"]


def __getattr__(name: str) -> Any:
    """What is public is imported when it is first asked for, so that a single module of ours comes without the rest."""
    if name in __all__:
        return getattr(importlib.import_module("mirage.api"), name)
    raise AttributeError(f"module 'mirage' has no attribute {name!r}")
