"""The doctor on the articles' own listings: what is handed over, and what the committed table says."""

from typing import Any

import pandas as pd
import pytest
from helpers import ROOT
from listings import AS_WRITTEN

from mirage import api
from mirage.doctor import listings
from mirage.doctor.finding import SURE, TABLE
from mirage.report import documents

COMMITTED = pd.read_csv(ROOT / "results/tables" / listings.FILE, keep_default_na=False)


def test_every_arm_of_every_listing_is_in_the_committed_table() -> None:
    arms = {(name, arm) for name in AS_WRITTEN for arm in api.plan(name).arms}
    assert set(zip(COMMITTED["scenario"], COMMITTED["arm"], strict=True)) == arms
    assert set(COMMITTED["cause"]) <= {*TABLE, listings.NOTHING} and set(COMMITTED["sure"]) <= {*SURE, ""}
    assert COMMITTED["share"].between(0, 1, inclusive="right").all()


def test_the_documents_table_has_a_line_for_each_arm() -> None:
    lines = documents.listings(ROOT / "results/tables").splitlines()
    assert len(lines) == 2 + len(COMMITTED.groupby(["scenario", "arm"]))
    assert "| imbalance | logistic | majority-answered (possible) 100% |" in lines


@pytest.mark.parametrize(
    ("scenario", "splits"),
    [
        ("ridge_lasso", {"train", "test"}),  # coin flips
        ("imbalance", {"train", "test"}),  # scikit-learn, without a history
    ],
)
def test_a_listing_is_handed_over_as_somebody_who_ran_it_would(scenario: str, splits: set[str], tmp_path: Any) -> None:
    results = api.run(api.plan(scenario, f"results_dir={tmp_path}", seeds=range(2)))
    for arm in results.plan.arms:
        handed = listings._bundle(results, arm, 1)
        assert set(handed["predictions"]["split"]) == splits and set(handed["predictions"]["y_pred"]) <= {0, 1}
        assert len(handed["test"]["x"]) == (handed["predictions"]["split"] == "test").sum()
    table = listings.table([results])
    assert set(table["arm"]) == set(results.plan.arms) and set(table["share"]) <= {0.5, 1.0}
