"""The sweeper that Hydra finds as a plugin: it launches the jobs it is handed and leaves no files behind."""

from tempfile import TemporaryDirectory
from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class Launching(Sweeper):
    """Launches one job for each argument: the jobs were made and checked before Hydra was started."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Make the launcher that the configuration names."""
        from hydra.core.plugins import Plugins

        self.composed = config
        self.launches = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run all jobs. The folder Hydra wants for its own files is a scratch one."""
        with TemporaryDirectory(prefix="mirage-sweep-") as scratch:
            OmegaConf.update(self.composed, "hydra.sweep.dir", scratch)
            return [self.launches.launch([[job] for job in arguments], initial_job_idx=0)]
