"""A lesson of one claim, A against B, for tests of claims and verdicts."""

import pandas as pd

from mirage.claims import claims, verdicts

TESTED = {"left": "a.test.mse", "relation": "less", "right": "b.test.mse", "margin": 1, "reason": "one unit matters"}
ENTRY = {
    "id": "a-beats-b",
    "article": 1,
    "example": 2,
    "basis": "stated",
    "text": "A errs less than B.",
    "as_written": TESTED,
    "controlled": {"untestable": "no controlled scenario yet", "design": "fresh data per seed"},
}
DOCUMENT = {
    "lesson": "duel",
    "scenarios": {"as_written": "duel", "controlled": "duel_controlled"},
    "claims": [ENTRY],
}


def claim(name="a-beats-b", **test):
    """A claim on a.test.mse against b.test.mse, margin 1, changed as given."""
    return claims.parse(DOCUMENT | {"claims": [ENTRY | {"id": name, "as_written": TESTED | test}]}).claims[0]


def tidy(**arms):
    """Rows of test mse: arms to lists of values, seeds counted from 0."""
    return pd.DataFrame(
        [
            ("duel", arm, seed, "test", "mse", value)
            for arm, values in arms.items()
            for seed, value in enumerate(values)
        ],
        columns=["scenario", "arm", "seed", "split", "metric", "value"],
    )


def judge(stated, rows, **more):
    return verdicts.judge(stated, "as_written", "duel", rows, **more)


def verdict(left, right, **test):
    return judge([claim(**test)], tidy(a=left, b=right)).iloc[0]
