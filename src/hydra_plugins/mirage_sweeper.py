"""Hydra's basic sweeper, which checks every job of a sweep before the first one starts, and leaves no files behind."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf, open_dict

import run


class CheckedSweeper(BasicSweeper):
    """A sweep with one bad value does nothing at all, rather than everything but that."""

    def sweep(self, arguments: list[str]) -> Any:
        """Run all jobs. The folder Hydra wants for its own files is a scratch one."""
        assert self.config is not None
        with TemporaryDirectory(prefix="mirage-sweep-") as scratch:
            OmegaConf.update(self.config, "hydra.sweep.dir", scratch)
            return super().sweep(arguments)

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Compose and check the configuration of every job.

        Raises
        ------
        ConfigError
            For the first job that cannot be run.
        """
        assert self.config is not None and self.hydra_context is not None
        for overrides in batch:
            job = self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))
            scenario, own = job.hydra.runtime.choices.scenario, list(job.hydra.overrides.task)
            with open_dict(job):
                del job["hydra"]
            run.plan_of(job, scenario, own)


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="checked",
    node={"_target_": "hydra_plugins.mirage_sweeper.CheckedSweeper", "max_batch_size": None, "params": None},
    provider="mirage",
)
