"""Where Hydra looks for plugins. The sweeper itself is `mirage.cli.sweeper`."""

from hydra.core.config_store import ConfigStore

from mirage.cli.sweeper import Launching


class CheckedSweeper(Launching):
    """Hydra takes plugins only from classes that are defined in this folder."""


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="checked",
    node={"_target_": "hydra_plugins.mirage_sweeper.CheckedSweeper"},
    provider="mirage",
)
