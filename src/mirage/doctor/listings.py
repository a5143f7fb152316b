"""What the doctor says of the articles' own listings: `python -m mirage.doctor.listings` writes a table of it.

Each listing is handed over as somebody who ran it would: the rows that it scores with labels, scores and decisions, its
training rows, the history, the model's configuration, the size of batches, features of both. All of it comes from the
records of the canonical seeds, features drawn again from the seed. Nothing is tuned on it.
"""

import json
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import CUT, Array
from mirage.doctor.examine import examine
from mirage.records.files import write_text

if TYPE_CHECKING:
    from mirage.claims.results import Results
    from mirage.config.plan import Arm

FILE = "doctor_listings.csv"
NOTHING = "nothing"  # in place of a cause, with the share of seeds in which none was found
HELD_OUT = ("test", "test_balanced", "original")  # the splits that a listing scores; else it scores its training rows


def table(every: "list[Results]") -> pd.DataFrame:
    """By scenario, arm, cause and how sure it is: the share of seeds in which it was found.

    The cause ``nothing`` has the share of seeds in which there was no finding at all.
    """
    rows = []
    for results in every:
        for arm in results.plan.arms:
            reports = list(_reports(results, arm))
            found = Counter((one.cause, one.sure) for report in reports for one in report.findings)
            found[NOTHING, ""] = sum(not report.findings for report in reports)
            shares = [(*named, count / len(reports)) for named, count in found.most_common() if count]
            rows += [(results.plan.scenario, arm, *share) for share in shares]
    return pd.DataFrame(rows, columns=["scenario", "arm", "cause", "sure", "share"])


def _reports(results: "Results", arm: str) -> Iterator[Any]:
    settings = results.plan.arms[arm]
    with tempfile.TemporaryDirectory() as folder:
        model = _saved(settings, Path(folder) / "model.keras")
        for seed in results.plan.seeds:
            yield examine(**_bundle(results, arm, seed), model=model)


def _bundle(results: "Results", arm: str, seed: int) -> dict[str, Any]:
    """What `mirage.doctor.examine` takes, of one replicate; of several models the first, the others as further runs."""
    settings, outcome, drawn = results.plan.arms[arm], results.outcome(arm, seed), results.splits(arm, seed)
    scored = next((name for name in HELD_OUT if name in outcome.scores), "train")
    splits = {"train": "train", "validation": "validation", "test": scored}
    members = len(drawn)

    def rows(split: str, member: int) -> dict[str, Array]:
        y, score = outcome.labels[split], outcome.scores[split]
        y, score = (part[member] if part.ndim > 1 else part for part in (y, score))
        decided = {} if _is_regression(settings) else {"y_pred": (score > CUT).astype(int)}
        return {"y_true": y, "score": score, **decided}

    parts = [{"split": np.full(len(rows(own, 0)["y_true"]), name), **rows(own, 0)}
             for name, own in splits.items() if own in outcome.scores]  # fmt: skip
    training = settings.training
    return {
        "predictions": {name: np.concatenate([part[name] for part in parts]) for name in parts[0]},
        "history": outcome.history or None,
        "train": {"x": drawn[0]["train"].x, "y_true": drawn[0]["train"].y},
        "test": {"x": drawn[0][scored].x, "y_true": drawn[0][scored].y},
        "runs": [rows(scored, member) for member in range(1, members)] if scored != "train" else (),
        "batch_size": training.batch_size if training is not None else None,
    }


def _is_regression(settings: "Arm") -> bool:
    return not settings.data.classes


def _saved(settings: "Arm", file: Path) -> Path | None:
    """The configuration of an arm's network as Keras saves it, without weights; None where there is no network."""
    network, training = settings.model, settings.training
    if training is None or network.name != "mlp":
        return None
    layers = [{"class_name": "InputLayer", "config": {}}]
    for units in network.hidden:
        layers.append({"class_name": "Dense", "config": {"units": units, "activation": network.activation}})
        if network.dropout is not None:
            layers.append({"class_name": "Dropout", "config": {"rate": network.dropout}})
    layers.append({"class_name": "Dense", "config": {"units": 1, "activation": network.output}})
    compiled = {"loss": training.loss, "metrics": list(training.watch)}
    config = {"class_name": "Sequential", "config": {"layers": layers}, "compile_config": compiled}
    with zipfile.ZipFile(file, "w") as into:
        into.writestr("config.json", json.dumps(config))
        into.writestr("metadata.json", "{}")
    return file


def main() -> int:
    """Write the table of all listings from their records; 2 where there are records missing."""
    from mirage import api
    from mirage.config import project

    try:
        plans = [api.canonical(name) for name in project.scenarios()]
        every = [api.load(plan.scenario) for plan in plans if plan.about.kind == "as_written"]
    except (api.ConfigError, api.CannotRun) as error:
        print(error, file=sys.stderr)
        return 2
    write_text(project.RESULTS / "tables" / FILE, table(every).to_csv(index=False, lineterminator="\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
