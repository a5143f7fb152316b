"""Fingerprints: they change with all that decides a replicate, and with nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mirage
from mirage.config.plan import Arm
from mirage.records import identity, source
from mirage.settings import Settings

PACKAGE = Path(mirage.__file__).parent
VARY = ["data", "split", "resample", "init", "shuffle", "dropout"]

# -- arms that use different parts of the library ------------------------------------------------------------

NORMALS = {"name": "normals", "n_train": 100, "n_test": 50, "n_features": 5, "n_informative": 2}
NORMALS |= {"separation": 1.0, "minority_share": 0.3, "shifted_share": 0.5}
MLP = {"name": "mlp", "hidden": [8], "activation": "relu", "output": "sigmoid", "members": 1}
ADAM, SGD = ({"name": name, "learning_rate": 0.01} for name in ("adam", "sgd"))
KERAS = {"engine": "stacked", "loss": "binary_crossentropy", "optimizer": ADAM, "epochs": 3, "batch_size": 32}
DECISION = {"threshold": 0.5, "miss_cost": 1.0, "ensembles_of": 1}
RIDGE = {"model": {"name": "ridge", "alpha": 1.0}, "training": None}
SMOTE = {"order": ["resample"], "resample": {"name": "smote", "neighbours": 5}}
HOLD_OUT = {"order": ["hold_out"], "hold_out": {"into": "validation", "share": 0.2}}
DIGITS = {"name": "digits", "n_train": 50, "n_test": 50, "positive": [1]}
BOOSTING = {"name": "boosting", "learning_rate": 0.1, "iterations": 5, "leaves": 5}
CHANGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"model": MLP | {"dropout": 0.2}},
    "sgd": {"training": KERAS | {"optimizer": SGD}},
    "fit": {"training": KERAS | {"engine": "fit"}},
    "smote": {"stages": SMOTE},
    "held out": {"stages": HOLD_OUT},
    "ridge": RIDGE,
    "coin": RIDGE | {"data": {"name": "coin", "n_rows": 100, "n_features": 5}},
    "digits": {"data": DIGITS, "model": BOOSTING, "training": None},
}


def arm(**changes: Any) -> Arm:
    parts = {"data": NORMALS, "stages": {}, "model": MLP, "training": KERAS, "decision": DECISION}
    return Arm.model_validate(parts | changes)


def fingerprints() -> dict[str, str]:
    return {name: identity.fingerprint(arm(**changes), VARY) for name, changes in CHANGES.items()}


# Fingerprints of all arms in each of several copies of the library, which are loaded one after another.
SCRIPT = """
import importlib, json, sys
found = {}
for tree in sys.argv[2:]:
    sys.path[0:1] = [tree]
    for name in [name for name in sys.modules if name.split(".")[0] in ("mirage", "test_identity")]:
        del sys.modules[name]
    sys.path.append(sys.argv[1])
    found[tree] = importlib.import_module("test_identity").fingerprints()
    assert sys.modules["mirage"].__file__.startswith(tree)
print(json.dumps(found))
"""

EVERY = set(CHANGES)
CLASSICAL = {"ridge", "coin", "digits"}
NETWORKS = EVERY - CLASSICAL
# A file, a text in it (nothing: its end), what stands there instead, and the arms whose replicates this may change.
CONSTANTS = [
    ("data/laws/normals.py", "y = np.repeat([0, 1]", "y = np.repeat([0, 2]", EVERY - {"coin", "digits"}),
    ("data/laws/coin.py", '{"train": ', '{"training": ', {"coin"}),
    ("data/laws/digits.py", "LEVELS = 16", "LEVELS = 17", {"digits"}),
    ("data/packaged.py", "", "HELPER = 1", {"digits"}),
    ("data/stages/resample.py", 'integers("resample", 1)', 'integers("resample", 2)', {"smote"}),
    ("data/stages/hold_out.py", "minlength=2", "minlength=3", {"held out"}),
    ("data/rows.py", "< 2", "< 3", EVERY),
    ("data/streams.py", "FIXED_SEED = 0", "FIXED_SEED = 1", EVERY),
    ("models/kinds/mlp.py", "layers.Dense(1,", "layers.Dense(2,", NETWORKS),
    ("models/layers.py", "", "MASK = 1", {"dropout"}),
    ("models/linear.py", "", "HELPER = 1", {"ridge", "coin"}),
    ("models/fitting.py", '"BinaryAccuracy"', '"CategoricalAccuracy"', NETWORKS),
    ("training/replicate.py", "WIDTH = 8", "WIDTH = 16", EVERY),
    ("training/stacked.py", "batch_size: int = 32", "batch_size: int = 33", NETWORKS),
    ("training/network.py", "float(best) + 1", "float(best) + 2", NETWORKS),
    ("training/classical.py", "threadpool_limits(1)", "threadpool_limits(2)", CLASSICAL),
    ("training/fit.py", "", "EPOCHS = 1", {"fit"}),
    ("training/schedule.py", "", "WORKERS = 1", set()),
    ("metrics/rows.py", "", "MEASURED = 1", set()),
    ("config/plan.py", "", "CHECKED = 1", set()),
    ("settings.py", "", "CHECKED = 1", set()),
    ("clock.py", "", "WATCHED = 1", set()),
]

LAW = """
from typing import Literal
from mirage.data.law import Law

class Moons(Law):
    name: Literal["moons"]
    dropout: float = 0.0
"""
BENDS = "        if self.bent:\n            from mirage.data.bending import bend\n            away = bend(away)"
# Settings that are off, with branches on them, checks and code of their own: a file, a line in it, what follows it.
SETTINGS_OFF = [
    ("data/laws/normals.py", 'name: Literal["normals"]', "    bent: float = 0.0"),
    ("data/laws/normals.py", "def _check(self) -> Self:", "        assert self.bent < 9"),
    ("data/laws/normals.py", "away = self.centre()", BENDS),
    ("models/kinds/mlp.py", 'name: Literal["mlp"]', "    noise: bool = setting('noise', 'true', default=False)"),
    ("models/kinds/mlp.py", "[keras.Input(shape)]", "        if self.noise:\n            parts.append(1)"),
    ("models/fitting.py", 'name: Literal["sgd"]', "    nesterov: bool = False"),
    ("models/fitting.py", 'watch: list[Literal["accuracy"]] = []', "    clip: float = 0.0"),
    ("training/network.py", "rule = training.stopping", "    if training.clip:\n        raise ValueError"),
]


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file}: no {old!r}"
    file.write_text(text.replace(old, new, 1) if old else f"{text}\n\n{new}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """The fingerprints of all arms in a changed copy of the library, by its name."""
    root = tmp_path_factory.mktemp("copies")

    def copy(name: str) -> Path:
        return Path(shutil.copytree(PACKAGE, root / name / "mirage", ignore=shutil.ignore_patterns("__pycache__")))

    copy("same")
    new = copy("new block")
    (new / "data/laws/moons.py").write_text(LAW, encoding="utf-8")
    new = copy("settings off")
    (new / "data/bending.py").write_text("def bend(a, b):\n    return a * b\n", encoding="utf-8")
    for file, line, after in SETTINGS_OFF:
        replaced(new / file, f"{line}\n", f"{line}\n{after}\n")
    new = copy("reworded")
    for path in new.rglob("*.py"):
        replaced(path, '"""', '"""Reworded. ') if '"""' in path.read_text(encoding="utf-8") else None
        replaced(path, "", "# A comment.")
    for i, (file, old, text, _) in enumerate(CONSTANTS):
        replaced(copy(str(i)) / file, old, text)
    trees = sorted(map(str, root.iterdir()))
    words = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), *trees]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", cwd=root, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return lambda name: found[str(root / name)]


@pytest.mark.parametrize("change", ["same", "new block", "settings off", "reworded"])
def test_what_changes_no_replicate_changes_no_fingerprint(copies: Callable[[str], dict[str, str]], change: str) -> None:
    assert copies(change) == fingerprints()


@pytest.mark.parametrize("i", range(len(CONSTANTS)), ids=[file for file, *_ in CONSTANTS])
def test_a_changed_constant_changes_exactly_the_arms_that_use_it(
    copies: Callable[[str], dict[str, str]], i: int
) -> None:
    before, after = fingerprints(), copies(str(i))
    assert {name for name in CHANGES if before[name] != after[name]} == CONSTANTS[i][3]


# -- settings ------------------------------------------------------------------------------------------------


def leaves(settings: Settings, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        yield from leaves(value, (*prefix, name)) if isinstance(value, Settings) else [(*prefix, name)]


def changed(settings: Settings, place: tuple[str, ...]) -> Any:
    """The same settings but for one, which gets another value: unchecked, so that any one can be changed alone."""
    name, *rest = place
    value = getattr(settings, name)
    if rest:
        other: Any = changed(value, tuple(rest))
    elif isinstance(value, list):
        other = [*value, 1]
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, str):
        other = value + "_other"
    else:
        other = 0 if value is None else value + 1
    return settings.model_copy(update={name: other})


FULL = arm(stages=SMOTE | HOLD_OUT | {"order": ["resample", "hold_out"]}, model=MLP | {"dropout": 0.2})
# Stages that are not in use decide nothing, and an order that names them cannot be tried like a number.
NOT_TRIED = [("decision",), ("stages", "order"), ("stages", "prepare"), ("stages", "augment")]
PLACES = [place for place in leaves(FULL) if place[:1] not in NOT_TRIED and place[:2] not in NOT_TRIED]


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_each_setting_of_an_arm_changes_it(place: tuple[str, ...]) -> None:
    assert identity.fingerprint(changed(FULL, place), VARY) != identity.fingerprint(FULL, VARY)


def test_the_order_of_stages_changes_it_and_a_setting_stated_at_its_default_does_not() -> None:
    other_order = FULL.stages.model_copy(update={"order": ["hold_out", "resample"]})
    assert identity.fingerprint(FULL.model_copy(update={"stages": other_order}), VARY) != identity.fingerprint(
        FULL, VARY
    )
    stated = arm(model=MLP | {"dropout": 0, "l2": 0.0, "members_vary": []}, training=KERAS | {"class_weight": "none"})
    assert identity.fingerprint(stated, VARY) == identity.fingerprint(arm(), VARY)


def test_how_scores_are_decided_changes_the_measured_rows_only() -> None:
    other = arm(decision=DECISION | {"threshold": 0.3})
    assert identity.fingerprint(other, VARY) == identity.fingerprint(arm(), VARY)
    asked = [(arm(), "recall", "bayes"), (other, "recall", "bayes"), (arm(), "mcc", "bayes"), (arm(), "mcc", "line")]
    keys = [identity.measuring(one, [metric], [reference]) for one, metric, reference in asked]
    assert len(set(keys)) == 4 and all(len(key) == 12 for key in keys)


def test_the_device_and_the_streams_that_an_arm_draws_from_change_it_and_no_others() -> None:
    def vary(*names: str) -> str:
        return identity.fingerprint(arm(), names)

    assert vary("data", "init") == vary("init", "data") == vary("init", "data", "dropout", "resample")
    on_gpu = identity.fingerprint(arm(), ["data"], "gpu")
    assert len({vary(), vary("data"), vary("init"), vary("data", "init"), on_gpu}) == 5


@pytest.mark.parametrize("name", CHANGES)
def test_the_libraries_that_an_arm_computes_with_are_part_of_it(name: str) -> None:
    found = identity.settings_of(arm(**CHANGES[name]), VARY)["libraries"]
    assert "numpy" in found and ("tensorflow" in found) == ("keras" in found) == (name in NETWORKS)
    assert ("imbalanced-learn" in found) == (name == "smote") and ("scikit-learn" in found or name not in CLASSICAL)


# -- what is left of a module --------------------------------------------------------------------------------

MODULE = """
class Law(Settings):
    new: float = 0.0
    shape: ClassVar[int] = 1
    def draw(self, other: Thing):
        a = 1
        if CONDITION: a = 2
"""


@pytest.mark.parametrize("condition", ["self.new", "self.new and a", "other.new", "self.shape", "new", "self.of.other"])
def test_only_a_branch_that_an_off_setting_alone_decides_is_left_out(
    condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest(text: str, module: str) -> str:
        file = tmp_path / f"{module}.py"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(__file__=str(file)))
        return source.reduced(module, frozenset({"new"}), frozenset({"Settings", "Law"})).digest

    unchanged = digest(MODULE.rpartition("        if")[0], f"before {condition}")
    assert (digest(MODULE.replace("CONDITION", condition), condition) == unchanged) == (condition == "self.new")


CHANGED = """
import sys
from pathlib import Path
sys.path.append(sys.argv[1])
import test_identity
from mirage.settings import ConfigError
with (Path(sys.path[0]) / "mirage/data/laws/coin.py").open("a") as law:
    law.write("LATER = 1")
test_identity.identity.fingerprint(test_identity.arm(), test_identity.VARY)
try:
    test_identity.identity.fingerprint(test_identity.arm(**test_identity.CHANGES["coin"]), test_identity.VARY)
except ConfigError as error:
    print(error)
"""


def test_code_that_was_changed_since_a_process_began_names_no_record(tmp_path: Path) -> None:
    """A record would be named by code that did not make it."""
    shutil.copytree(PACKAGE, tmp_path / "mirage")
    words = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{CHANGED}",
        Path(__file__).parent,
    ]
    ran = subprocess.run(list(map(str, words)), capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.startswith(f"{tmp_path / 'mirage/data/laws/coin.py'}: got code that was changed since")
