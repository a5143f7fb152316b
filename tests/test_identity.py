"""Fingerprints: they change with all that decides a replicate, and with nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mirage
from mirage.config.plan import Arm
from mirage.records import identity

PACKAGE = Path(mirage.__file__).parent
VARY = ["data", "split", "resample", "init", "shuffle", "dropout"]

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
INPUT = "[keras.Input(shape)]\n"
# A file, a text in it (nothing: its end), what stands there instead, and the arms whose replicates this may change.
CONSTANTS = [
    ("data/laws/normals.py", "y = np.repeat([0, 1]", "y = np.repeat([0, 2]", EVERY - {"coin", "digits"}),
    ("data/laws/coin.py", '{"train": ', '{"training": ', {"coin"}),
    ("data/laws/coin.py", "np.full(len(x), 0.5)", "np.full(len(x), 0.6)", set()),  # its truth, which no record reads
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
    ("training/program.py", "batch_size: int = 32", "batch_size: int = 33", NETWORKS),
    ("training/network.py", "float(best) + 1", "float(best) + 2", NETWORKS),
    ("training/classical.py", "threadpool_limits(1)", "threadpool_limits(2)", CLASSICAL),
    ("training/fit.py", "", "EPOCHS = 1", {"fit"}),
    ("training/schedule.py", "", "WORKERS = 1", set()),
    ("metrics/rows.py", "", "MEASURED = 1", set()),
    ("settings.py", "", "CHECKED = 1", set()),
    # A branch is left out where a setting that is off decides it alone, only there.
    *[
        ("models/kinds/mlp.py", INPUT, f"{INPUT}        if {condition}:\n            parts = 1\n", NETWORKS)
        for condition in ("self.dropout or shape", "shape.dropout", "self.of.other", "self.dropout is not shape")
    ],
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
    (
        "data/laws/normals.py",
        "away = self.centre()",
        "        if self.bent or self.flipped:\n            away = 2 * away",
    ),
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
def copies(tmp_path_factory):
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
def test_what_changes_no_replicate_changes_no_fingerprint(copies, change):
    assert copies(change) == fingerprints()


@pytest.mark.parametrize("i", range(len(CONSTANTS)), ids=[file for file, *_ in CONSTANTS])
def test_a_changed_constant_changes_exactly_the_arms_that_use_it(copies, i):
    before, after = fingerprints(), copies(str(i))
    assert {name for name in CHANGES if before[name] != after[name]} == CONSTANTS[i][3]


FULL = arm(stages=SMOTE | HOLD_OUT | {"order": ["resample", "hold_out"]}, model=MLP | {"dropout": 0.2})


def test_each_setting_of_an_arm_that_is_not_at_its_default_is_part_of_it():
    found, stated = identity.settings_of(FULL, VARY)["settings"], FULL.model_dump(exclude_defaults=True)
    assert [stage.pop("stage") for stage in found["stages"]] == ["Smote", "HoldOut"]
    stages = [stated["stages"][name] for name in FULL.stages.order]
    assert found == {part: stated[part] for part in ("data", "model", "training")} | {"stages": stages}
    assert identity.fingerprint(arm(model=MLP | {"l2": 0.1}), VARY) != identity.fingerprint(arm(), VARY)


def test_the_order_of_stages_changes_it_a_setting_stated_at_its_default_or_a_decision_does_not():
    turned = arm(stages=SMOTE | HOLD_OUT | {"order": ["hold_out", "resample"]}, model=MLP | {"dropout": 0.2})
    assert identity.fingerprint(turned, VARY) != identity.fingerprint(FULL, VARY)
    stated = arm(
        model=MLP | {"dropout": None, "l2": None, "members_vary": []}, training=KERAS | {"class_weight": "none"}
    )
    other = arm(decision=DECISION | {"threshold": 0.3})
    assert {identity.fingerprint(same, VARY) for same in (stated, other)} == {identity.fingerprint(arm(), VARY)}
    asked = [(arm(), "recall", "bayes"), (other, "recall", "bayes"), (arm(), "mcc", "bayes"), (arm(), "mcc", "line")]
    assert len({identity.measuring(one, [metric], [reference]) for one, metric, reference in asked}) == 4


def test_the_device_and_the_streams_that_an_arm_draws_from_change_it_and_no_others():
    given = [["data", "init"], ["init", "data", "dropout", "resample"], [], ["data"], ["init"]]
    both, more, *others = [identity.fingerprint(arm(), names) for names in given]
    assert both == more and len({both, *others, identity.fingerprint(arm(), ["data"], "gpu")}) == 5


def test_the_libraries_that_an_arm_computes_with_are_part_of_it():
    for name, changes in CHANGES.items():
        found = identity.settings_of(arm(**changes), VARY)["libraries"]
        assert "numpy" in found and ("tensorflow" in found) == ("keras" in found) == (name in NETWORKS)
        assert ("imbalanced-learn" in found) == (name == "smote") and ("scikit-learn" in found or name not in CLASSICAL)


def test_a_laws_truth_is_part_of_what_is_measured():
    kinds = frozenset({"Coin"})
    recorded, measured = (
        identity.source.reduced("mirage.data.laws.coin", frozenset(), kinds, unread)
        for unread in (identity.source.TRUTH, frozenset())
    )
    assert recorded.digest != measured.digest


CHANGED = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:]
import test_identity as t
with (Path(sys.argv[1]) / "mirage/data/laws/coin.py").open("a") as law:
    law.write("LATER = 1")
t.identity.fingerprint(t.arm(), t.VARY)
try:
    t.identity.fingerprint(t.arm(**t.CHANGES["coin"]), t.VARY)
except t.mirage.settings.ConfigError as error:
    print(error)
try:
    t.identity.source.check_unchanged()  # before anything is trained, and before it is recorded
except t.mirage.settings.ConfigError as error:
    print(error)
"""


def test_code_that_was_changed_since_a_process_began_names_no_record(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "mirage")
    words = [sys.executable, "-c", CHANGED, str(tmp_path), str(Path(__file__).parent)]
    ran = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    said = f"{tmp_path / 'mirage/data/laws/coin.py'}: got code that was changed since"
    assert [line.startswith(said) for line in ran.stdout.splitlines()] == [True, True]
