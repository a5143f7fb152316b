"""Hydra's basic sweeper, which checks every job of a sweep before the first one starts, and leaves no files behind."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf, open_dict

import run
from mirage import config


def batched(jobs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Join jobs that differ in nothing but consecutive seeds into one with that many replicates.

    The replicates are the same, and composing a job takes longer than making many a replicate.
    """
    joined: list[list[str]] = []
    ends: dict[tuple[str, ...], tuple[int, int, int]] = {}  # other overrides: first seed, last seed, place
    for job in jobs:
        others = tuple(word for word in job if not word.startswith("seed="))
        seeds = [word.removeprefix("seed=") for word in job if word.startswith("seed=")]
        alone = len(seeds) != 1 or not seeds[0].isdigit() or any(word.startswith("replicates=") for word in others)
        if not alone and others in ends and ends[others][1] + 1 == int(seeds[0]):
            first, last, place = ends[others]
            joined[place] = [*others, f"seed={first}", f"replicates={last + 2 - first}"]
            ends[others] = first, last + 1, place
        else:
            if not alone:
                ends[others] = int(seeds[0]), int(seeds[0]), len(joined)
            joined.append(list(job))
    return joined


class CheckedSweeper(BasicSweeper):
    """A sweep with one bad value does nothing at all, rather than everything but that; at its end it is summed up."""

    def sweep(self, arguments: list[str]) -> Any:
        """Run all jobs. The folder Hydra wants for its own files is a scratch one."""
        assert self.config is not None
        self.plans: list[config.Plan] = []
        with TemporaryDirectory(prefix="mirage-sweep-") as scratch:
            OmegaConf.update(self.config, "hydra.sweep.dir", scratch)
            returned = super().sweep(arguments)
        run.after_sweep(self.plans, [job.return_value for batch in returned for job in batch])
        return returned

    def get_job_batch(self) -> Sequence[Sequence[str]]:
        """The next jobs to be launched."""
        assert self.config is not None
        jobs = super().get_job_batch()
        # A file that asks for several replicates means as many from each seed on.
        return batched(jobs) if self.config.replicates == 1 else jobs

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
            self.plans.append(run.plan_of(job, scenario, own))
        run.jobs = len(self.plans)


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="checked",
    node={"_target_": "hydra_plugins.mirage_sweeper.CheckedSweeper", "max_batch_size": None, "params": None},
    provider="mirage",
)
