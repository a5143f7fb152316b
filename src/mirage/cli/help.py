"""The screenful that --help prints."""

from mirage.config import project

HELP = """\
Accuracy Mirage: why a model with high accuracy predicts poorly, measured over many seeds.

  python -m run scenario=NAME [KEY=VALUE ...]        (or: mirage scenario=NAME ...)

Scenarios: NAME is the example as written, NAME_controlled the fair experiment for its claims
{scenarios}

What to make
  seed=3  replicates=30     the seeds 3 to 32; a replicate that has a record is read, not trained
  force=true                train again all the same
  'steps=[tables,figures]'  from records only; all: [train,tables,figures]
  results_dir=DIR           instead of this checkout's results/

What to change (the arm under study; arms.NAME.KEY=VALUE for another, arms.NAME=null drops one)
  data.n_train=40  data.noise=2  'model.hidden=[32,32]'  model.dropout=0.5  model.activation=tanh
  training.epochs=500  training.batch_size=8  training.optimizer.learning_rate=0.01
  'only=[dropout]'          these arms only
  training.engine=fit       plain model.fit instead of stacked training: the same numbers, slowly

Examples
  python -m run scenario=dropout seed=3
  python -m run scenario=dropout_controlled replicates=30 arms.high.model.dropout=0.8
  python -m run -m scenario=overfitting,dropout 'seed=range(0,5)'  a sweep: every combination
  python -m run scenario=dropout --cfg job                         all settings, nothing run
  python -m run --diff dropout dropout_controlled                  what one changes of the other

Shell completion: eval "$(mirage -sc install=bash)"; Hydra's own help: --hydra-help."""


def help_text() -> str:
    """Usage, every lesson once, with the title of its first scenario, and then the scenarios that belong to none."""

    def title(scenario: str) -> str:
        return str(project.read(project.scenario_file(scenario)).get("title", ""))

    listed = []
    named: set[str] = set()
    for lesson in project.lessons():
        scenarios = list(project.read(project.claims_file(lesson))["scenarios"].values())
        named |= set(scenarios)
        listed.append(f"  {scenarios[0]:<24}{title(scenarios[0])}")
    listed += [f"  {name:<24}{title(name)}" for name in project.scenarios() if name not in named]
    return HELP.format(scenarios="\n".join(listed))
