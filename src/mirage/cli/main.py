"""The command line: what was typed to jobs, and their reports to lines and an exit status."""

import argparse
import contextlib
import gc
import io
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor

from mirage import api
from mirage.cli import job
from mirage.cli.job import FAILED, INTERRUPTED, Session
from mirage.clock import Clock
from mirage.config import compose, project
from mirage.config.plan import Plan
from mirage.config.typed import Typed, parse
from mirage.settings import ConfigError, shown

Lines = list[tuple[str, int]]  # for standard error, each with the exit status it asks for


def main(words: Sequence[str] | None = None) -> None:
    """Entry point of `python -m run` and of the console script `mirage`."""
    from mirage.cli.terminal import print_any_sign

    print_any_sign()
    clock = Clock(time.process_time())  # about as long as Python has been starting
    lines = guarded(lambda: command(list(sys.argv[1:] if words is None else words), clock))
    for line, _ in lines:
        print(line, file=sys.stderr)
    sys.stdout.flush()
    gc.freeze()  # at exit Python would otherwise walk through all of TensorFlow's objects, for more than a second
    if lines:
        sys.exit(max(status for _, status in lines))


def guarded(action: Callable[[], Lines]) -> Lines:
    """What an action gives; or one line, where something is in its way that is no fault of the code."""
    try:
        return action()
    except job.ERRORS as error:
        return [job.line_of(error)]
    except BrokenExecutor:
        killed = "a worker ended unexpectedly, killed or out of memory; complete records are kept"
        return [(f"{killed}; run the same command to continue", FAILED)]
    except KeyboardInterrupt:
        return [("interrupted: complete records are kept; run the same command to continue", INTERRUPTED)]


def command(words: Sequence[str], clock: Clock) -> Lines:
    """Do what these words ask for."""
    if {"-h", "--help"} & set(words):
        from mirage.cli.help import help_text

        print(help_text())
        return []
    if {"-sc", "--shell_completion", "--hydra-help"} & set(words):
        return _hydra_itself()
    flags = _flags(words)
    if flags.diff:
        return _show_difference(flags.diff, flags.words)
    if flags.lesson:
        print(",".join(api.stated(flags.lesson).scenarios.values()))
        return []
    if flags.multirun:
        return _sweep(flags.words, clock)
    typed = parse(flags.words)
    _refuse_hydra(typed, ())
    for one in typed:
        if one.key == "sweep":
            raise ConfigError(f"sweep: got {shown(one.value)} without -m, expected python -m run -m +sweep=NAME")
    with clock.phase("plan"):
        plan = compose.plan_of(typed)
    if flags.cfg:
        return _show(plan)
    return _run(plan, clock)


def _run(plan: Plan, clock: Clock) -> Lines:
    """Do the one job of a command; what it says on its lesson's question stands last."""
    report = job.do(plan, Session(), clock=clock)
    lines = report.errors + (_last(lambda: _draw([plan], clock)) if report.done else [])
    if report.done:
        _say_time(clock)
    if report.answer:
        from mirage.cli.terminal import console, paragraph

        console().print("", *(paragraph(label, text) for label, text in report.answer), sep="\n")
    return lines


def _say_time(clock: Clock) -> None:
    """How long a command took, and where its time went."""
    if clock.spent():
        clock.add({"other": clock.other()})
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.spent().items())
        print(f"time        {clock.passed():.1f} s; by phase, all cores added up: {spent}")


def _flags(words: Sequence[str]) -> argparse.Namespace:
    """The flags and the other words.

    Raises ConfigError, one line, for a flag that there is not.
    """
    parser = argparse.ArgumentParser(prog="python -m run", add_help=False, allow_abbrev=False)
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("-c", "--cfg", choices=["job"])
    parser.add_argument("--lesson", metavar="NAME")
    parser.add_argument("--diff", nargs=2, metavar=("SCENARIO", "OTHER"))
    parser.add_argument("words", nargs="*")
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return parser.parse_intermixed_args(words)
    except SystemExit:
        reason = said.getvalue().strip().splitlines()[-1].partition("error: ")[2]
        raise ConfigError(
            f"{shown(' '.join(words))}: got flags that cannot be read, expected those of --help: {reason}"
        ) from None


def _refuse_hydra(typed: Sequence[Typed], allowed: tuple[str, ...]) -> None:
    """Refuse settings of Hydra's that could name code to run: it makes objects of what its own settings name."""
    expected = "hydra/launcher=NAME and hydra.launcher.KEY=VALUE, in a sweep (-m)"
    for one in typed:
        if one.of_hydra and (not one.key.startswith(allowed or ("-",)) or "_target_" in one.text or one.swept):
            raise ConfigError(f"{one.key}: got a key of Hydra's that can name code to run, expected {expected}")


def _sweep(words: Sequence[str], clock: Clock) -> Lines:
    """Run a sweep, sum it up, and draw the figures of the lessons it has touched."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mirage.cli import launch, terminal
    from mirage.cli.terminal import console

    typed = launch.parsed(words)
    _refuse_hydra(typed, launch.HYDRA_KEYS)
    try:
        plans, reports = launch.sweep(typed)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_first_lines(error)) from None
    lines: Lines = [line for report in reports for line in report.errors]
    for report in reports:
        clock.add(report.spent)
    done = [plan for plan, report in zip(plans, reports, strict=True) if report.done]

    def sum_up() -> None:
        with clock.phase("write"):
            for plan, files, why in launch.sum_up(plans):
                if files:
                    console().print(terminal.sweep(plan.about.title, files[0], list(plan.arms), plan.about.show))
                for said in [*files, *filter(None, [why])]:
                    console().print(f"sweep       {said}")
        _draw(done, clock)

    lines += _last(sum_up)
    _say_time(clock)
    return lines


def _last(action: Callable[[], None]) -> Lines:
    """Do what comes after the jobs; if it fails, a line beside those of the jobs."""
    try:
        action()
    except job.ERRORS as error:
        return [job.line_of(error)]
    return []


def _first_lines(error: Exception) -> str:
    """An error of Hydra's as one line: of its many lines the first ones say enough."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = str(error) if str(error) else str(cause)
    for rest in ("See https://", "Config search path:"):
        text = text.partition(rest)[0]
    return f"hydra: {' '.join(text.split())}"


def _draw(plans: Sequence[Plan], clock: Clock) -> None:
    """Draw the figures of canonical plans' lessons and say where they are."""
    from mirage.cli import launch
    from mirage.cli.terminal import console

    if not any(plan.canonical and "figures" in plan.request.steps for plan in plans):
        return
    with clock.phase("draw"):
        drawn = launch.draw(plans)
    for files, missing in drawn:
        for file in files:
            console().print(f"figure      {file}")
        if missing:
            console().print(f"figure      {missing}")


def _show(plan: Plan) -> Lines:
    """Print all settings of a plan, arm by arm, as YAML."""
    from omegaconf import OmegaConf

    arms = {name: arm.model_dump() for name, arm in plan.arms.items()}
    shown = {"scenario": plan.scenario, **plan.about.model_dump(), "seeds": list(plan.seeds), "arms": arms}
    print(OmegaConf.to_yaml(OmegaConf.create(shown)), end="")
    return []


def _show_difference(names: Sequence[str], words: Sequence[str]) -> Lines:
    """Print the table setting, one, other of two scenarios."""
    from mirage.cli.terminal import console, difference
    from mirage.config.diff import diff

    one, other = (compose.plan(name, *words) for name in names)
    console().print(difference(diff(one, other), one.scenario, other.scenario))
    return []


def _hydra_itself() -> Lines:
    """Hydra's own help and shell completion."""
    import hydra

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    hydra.main(version_base="1.3", config_path=str(project.conf()), config_name="config")(lambda composed: None)()
    return []
