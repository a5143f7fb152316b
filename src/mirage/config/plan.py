"""The shape of a configuration: arms made of blocks, what a scenario says of itself, what a run is asked for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from pydantic import model_validator

from mirage.config import project
from mirage.data import laws
from mirage.data.law import Law
from mirage.data.stages import Stages
from mirage.data.streams import STREAMS
from mirage.metrics.decisions import BestOf, Decision, Stopped
from mirage.metrics.table import METRICS, REFERENCES
from mirage.models import kinds
from mirage.models.fitting import Training
from mirage.models.kind import KERAS, Estimator, Kind
from mirage.settings import Settings, pick, refuse, setting, whole

assert laws.__name__ and kinds.__name__  # imported for their tables of blocks

LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")


class Arm(Settings):
    """All settings that decide the numbers of one arm."""

    data: pick(Law)  # type: ignore[valid-type]
    stages: Stages = Stages()
    model: pick(Kind)  # type: ignore[valid-type]
    training: Training | None = None
    decision: Decision

    @model_validator(mode="before")
    @classmethod
    def _check_trained(cls, raw: Any) -> Any:
        """Before the settings of a training are read, of which a model without one has none."""
        if isinstance(raw, Mapping):
            model, training = raw.get("model"), raw.get("training")
            kind = type(model) if isinstance(model, Kind) else Kind.chosen(model)
            if issubclass(kind, Estimator) and training is not None:
                name = model.name if isinstance(model, Kind) else model and model["name"]
                refuse(("training",), training, f"null, as model {name} is fitted by scikit-learn")
        return raw

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_stages()
        self._check_training()
        self._check_choice()
        self._check_decision()
        return self

    def _check_stages(self) -> None:
        own = set(self.data.held_out())
        for name, stage in zip(self.stages.names(), self.stages.listed(), strict=True):
            if stage.needs_classes and not self.data.classes:
                self.refuse(f"stages.{name}", f"null, as law {self.data.name} has no classes")
            for split in stage.adds():
                if split in own:
                    self.refuse(
                        f"stages.{name}.into", f"another name: law {self.data.name} draws a split {split} itself"
                    )

    def _check_training(self) -> None:
        if self.model.trained_by == KERAS and self.training is None:
            self.refuse("training", f"settings, as model {self.model.name} is trained by Keras")
        if self.model.models > 1 and not self.data.several_models:
            self.refuse("model.members", f"1, as law {self.data.name} is for one model a replicate")
        if self.model.models > 1 and not self.data.redraws and self.data.streams() & set(self.model.varied):
            others = "streams other than " + ", ".join(sorted(self.data.streams()))
            self.refuse("model.members_vary", f"{others}, as the models of law {self.data.name} share their test rows")
        if self.training is not None:
            there = {"none", *self._held_out()}
            if self.training.validate_on not in there:
                self.refuse("training.validate_on", "one of " + ", ".join(sorted(there)))

    def _check_stopped(self, rule: Stopped) -> None:
        sets = 0 if self.training is None else self.training.watched_sets
        if not sets or self.training is None or "accuracy" not in self.training.watch:
            self.refuse("decision.stopped", "null, as training has no watched_sets, or does not watch accuracy")
        elif rule.joined * 2 > sets:
            self.refuse(
                "decision.stopped.joined", f"at most {sets // 2}: half of training.watched_sets, or no rows are fresh"
            )

    def _check_best_of(self, rule: BestOf) -> None:
        sets, tried = getattr(self.model, "watched_sets", 0), getattr(self.model, "tried", 0)
        if not sets:
            self.refuse("decision.best_of", "null, as the model has no watched_sets")
        elif rule.settings > tried:
            self.refuse("decision.best_of.settings", f"at most model.tried, which is {tried}")
        elif rule.joined * 2 > sets:
            self.refuse("decision.best_of.joined", f"at most {sets // 2}: half of model.watched_sets")

    def _check_choice(self) -> None:
        if isinstance(self.model, Estimator) and self.model.alternatives and "validation" not in self._held_out():
            self.refuse("model.alternatives", "[], as there are no validation rows to choose on")
        if isinstance(self.model, Estimator) and self.model.watched_sets and "validation" not in self._held_out():
            self.refuse("model.watched_sets", "0, as there are no validation rows to cut into sets")

    def _held_out(self) -> set[str]:
        """The splits with rows that neither train nor are looked at."""
        return {*self.data.held_out()} | {split for stage in self.stages.listed() for split in stage.adds()}

    def _check_decision(self) -> None:
        decision = self.decision
        if decision.stopped is not None:
            self._check_stopped(decision.stopped)
        if decision.diagnosis is not None and (
            not self.data.classes or self.model.models > 1 or not {"validation", "test"} <= self._held_out()
        ):
            self.refuse("decision.diagnosis", "null, as it needs classes, one model, and splits validation and test")
        if decision.best_of is not None:
            self._check_best_of(decision.best_of)
        if decision.set_sizes and (not self.data.classes or self.model.models > 1):
            self.refuse("decision.set_sizes", "[], as there are no classes, or several models a replicate")
        if decision.set_sizes and "validation" not in self._held_out():
            self.refuse("decision.set_sizes", "[], as there are no validation rows to cut into sets")
        if not self.data.classes or self.model.regresses:
            why = f"model {self.model.name} of law {self.data.name} gives no probabilities"
            if decision.threshold != 0.5:
                self.refuse("decision.threshold", f"0.5, as {why}")
            if decision.corrected_to is not None:
                self.refuse("decision.corrected_to", f"null, as {why}")
        if decision.cut and not (self.data.classes and self.model.regresses):
            self.refuse("decision.cut", "false, as no regression's output is to become a class")
        if self.model.models % decision.ensembles_of:
            self.refuse("decision.ensembles_of", f"a divisor of model.members, which is {self.model.models}")

    def asks(self, reference: str) -> bool:
        """Whether this reference can be asked here: its law knows the truth, of features that no stage changes."""
        asked = REFERENCES[reference]
        return asked.possible(self.data) and not (asked.needs and any(stage.moves for stage in self.stages.listed()))

    def streams(self) -> set[str]:
        """The random streams that decide this arm's numbers."""
        of_stages = (stage.streams() for stage in self.stages.listed())
        return set(self.data.streams()).union(self.model.streams(), *of_stages)


class Scenario(Settings):
    """What a scenario says of itself."""

    title: str = setting("what is shown, in a line", "a line of text")
    lesson: str | None = setting("the lesson it belongs to", "the name of a lesson, or null", default=None)
    kind: Literal["as_written", "controlled", "real"]
    article: int | None = whole("the article whose example it is", 1, default=None)
    example: int | None = whole("the number of the example", 1, default=None)
    scope: str = setting("what the seeds vary", "a line of text")
    vary: list[Literal[STREAMS]] = setting("the streams that follow the seed", f"a list of any of {', '.join(STREAMS)}")  # type: ignore[valid-type]
    metrics: list[str] = setting("what is measured", f"a list of one or more of {', '.join(METRICS)}")
    references: list[str] = setting("what is compared with", f"a list of any of {', '.join(REFERENCES)}", default=[])
    show: list[str] = setting("the metrics shown in the terminal", f"a list of one or more of {', '.join(METRICS)}")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key in ("title", "scope"):
            if not LINE.fullmatch(getattr(self, key)):
                self.refuse(key, "a line of text")
        for key, known, least in (("metrics", METRICS, 1), ("show", METRICS, 1), ("references", REFERENCES, 0)):
            names = getattr(self, key)
            if len(set(names)) < len(names):
                self.refuse(key, "each name once")
            if len(names) < least or not set(names) <= set(known):
                sets = "" if key == "references" else ", or named sets (metric_sets)"
                self.refuse(key, f"a list of {'one or more' if least else 'any'} of {', '.join(known)}{sets}")
        if len(set(self.vary)) < len(self.vary):
            self.refuse("vary", "each stream once")
        if not set(self.show) <= set(self.metrics):
            self.refuse("show", f"a list of one or more of {', '.join(self.metrics)}, which are measured")
        return self


class Request(Settings):
    """Which replicates to make, and what to do with them: no part of the experiment."""

    seed: int = whole("the first seed", 0, 2**63 - 1)
    replicates: int = whole("how many seeds, from the first on", 1)
    force: bool = setting("train again what has a record", "true or false", default=False)
    steps: list[Literal["train", "tables", "figures"]]
    results_dir: str | None = setting("where results go; null: results/ of this checkout", "a folder", default=None)
    device: Literal["cpu", "gpu"]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.steps or len(set(self.steps)) < len(self.steps):
            self.refuse("steps", "a list of one or more of train, tables, figures")
        if self.results_dir is not None and not self.results_dir.strip():
            self.refuse("results_dir", "a folder")
        return self


@dataclass(frozen=True)
class Change:
    """A typed setting that makes another experiment of a scenario: dotted key, value, and what was typed."""

    key: str
    value: Any
    typed: str


@dataclass(frozen=True)
class Plan:
    """A checked configuration: which replicates to make, and how those of each arm come about."""

    scenario: str
    about: Scenario
    arms: Mapping[str, Arm]
    seeds: Sequence[int]
    request: Request
    changes: tuple[Change, ...] = ()
    """What makes this another experiment than the scenario file's."""
    sweep: str | None = None
    """The ready sweep this is a job of."""

    @property
    def canonical(self) -> bool:
        """Whether this is a scenario file unmodified, over the canonical seeds."""
        return not self.changes and list(self.seeds) == list(self.canonical_seeds)

    @property
    def canonical_seeds(self) -> range:
        """The seeds of this scenario's committed tables and verdicts."""
        return project.canonical_seeds(self.about.lesson or self.scenario)

    def asked(self, arm: str) -> list[str]:
        """The scenario's references that can be asked of this arm; an arm with another law or stage may lack some."""
        return [name for name in self.about.references if self.arms[arm].asks(name)]

    def over_canonical_seeds(self) -> Self:
        """The same plan over these."""
        seeds = self.canonical_seeds
        request = self.request.model_copy(update={"seed": seeds[0], "replicates": len(seeds)})
        return replace(self, seeds=seeds, request=request)
