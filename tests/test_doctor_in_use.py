"""The doctor on training against use: units, columns, class shares, inputs, and the same rows scored elsewhere."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from examined import causes

from mirage.doctor import BadInput, Report, examine

Array = np.ndarray
Table = dict[str, Array]
SEEDS = range(20)


def rows(seed: int, n: int = 1500, share: float = 0.3, moved: float = 0.0) -> Table:
    """Columns of several kinds that follow a label: normal, heavy-tailed, counts, codes, flags, pixels, constant."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int)
    size = random.normal(0.5 * y, 1, n) + moved
    return {
        "y_true": y,
        "age": 40 + 10 * size,
        "income": np.exp(10.5 + 0.6 * random.normal(0.5 * y + moved, 1, n)),
        "weight": 70 + 5 * size + 5 * random.normal(moved, 1, n),
        "temperature": random.normal(15 + 3 * y, 6, n),
        "tail": random.standard_cauchy(n) + 3 * moved,
        "visits": random.poisson(2 + y + moved, n),
        "code": random.choice(6, n, p=[0.42, 0.05, 0.2, 0.11, 0.02, 0.2]),
        "flag": (random.random(n) < 0.1 + 0.1 * y).astype(int),
        "red": random.beta(2, 5, n),
        "blue": random.beta(5, 2, n),
        "rare": np.where(random.random(n) < 0.03, random.random(n), 0),
        "constant": np.ones(n),
        "city": random.choice(["Rome", "Oslo", "Kyiv"], n, p=[0.5, 0.3, 0.2]),
    }


def pair(seed: int, **about: Any) -> tuple[Table, Table]:
    """Rows of training, and fewer of use."""
    return rows(2 * seed + 1000, **about), rows(2 * seed + 1001, n=500, **about)


def without_labels(table: Table) -> Table:
    return {name: values for name, values in table.items() if name != "y_true"}


def standardised(table: Table, by: Table) -> Table:
    """All columns of numbers but constants, by mean and standard deviation of these rows."""
    return {
        name: values if name in ("y_true", "city", "constant") else (values - by[name].mean()) / by[name].std()
        for name, values in table.items()
    }


def light(table: Table) -> Table:
    """Without the column whose standard deviation says nothing."""
    return {name: values for name, values in table.items() if name != "tail"}


def rescaled(table: Table, factor: float, *names: str) -> Table:
    return {name: values * factor if name in names else values for name, values in table.items()}


def said(report: Report) -> str:
    return " ".join(one.text for finding in report.findings for one in finding.found.evidence)


def _centred(table: Table) -> Table:
    return table | {"age": table["age"] - table["age"].mean()}


Fault = Callable[[Table, Table], tuple[Table, Table]]
PIXELS = ("red", "blue", "rare")
FAULTS: dict[str, tuple[str, Fault, str]] = {  # name -> cause, training and use with it, what the evidence says
    "pixels not divided": ("scaled-column", lambda a, b: (a, rescaled(b, 255, *PIXELS)), "pixels"),
    "pixels divided twice": ("scaled-column", lambda a, b: (a, rescaled(b, 1 / 255, *PIXELS)), "twice"),
    "thousands": ("scaled-column", lambda a, b: (a, rescaled(b, 1 / 1000, "income")), "thousands"),
    "counts of another unit": ("scaled-column", lambda a, b: (a, rescaled(b, 12, "visits")), "12 times"),
    "scaler not applied": ("scaled-column", lambda a, b: (standardised(a, a), b), "In training these columns"),
    "scaler in use only": ("scaled-column", lambda a, b: (a, standardised(b, a)), "In use these columns"),
    "celsius and kelvin": (
        "shifted-column",
        lambda a, b: (a, b | {"temperature": b["temperature"] + 273.15}),
        "kelvin",
    ),
    "mean not subtracted": ("shifted-column", lambda a, b: (_centred(a), b), "its mean is 0"),
    "two columns exchanged": (
        "exchanged-columns",
        lambda a, b: (a, b | {"age": b["weight"], "weight": b["age"]}),
        "weight in age",
    ),
    "red and blue": ("exchanged-columns", lambda a, b: (a, b | {"red": b["blue"], "blue": b["red"]}), "blue in red"),
    "three in a cycle": (
        "exchanged-columns",
        lambda a, b: (a, b | {"age": b["income"], "income": b["red"], "red": b["age"]}),
        "3 of 13 columns",
    ),
    "codes in another order": (
        "rebuilt-encoder",
        lambda a, b: (a, b | {"code": np.array([3, 0, 4, 1, 5, 2])[b["code"]]}),
        "code",
    ),
    "another city": ("input-shift", lambda a, b: (a, b | {"city": np.roll(["Oslo", "Kyiv"] * 500, 1)[:500]}), "city"),
}  # fmt: skip


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_use_does_otherwise_is_named(fault: str, labelled: bool) -> None:
    cause, planted, words = FAULTS[fault]
    for seed in SEEDS:
        train, use = planted(*pair(seed))
        if not labelled:
            train, use = without_labels(train), without_labels(use)
        report = examine(train=train, use=use)
        assert causes(report) == [cause], seed
        assert words in said(report), seed


def test_another_population_is_an_input_shift_and_other_class_shares_are_not() -> None:
    for seed in SEEDS:
        train = rows(seed)
        assert causes(examine(train=train, use=rows(seed + 100, n=500, moved=1.2))) == ["input-shift"], seed
        assert causes(examine(train=train, use=rows(seed + 100, n=500, share=0.8))) == ["prior-shift"], seed
        alone = examine(train=without_labels(train), use=rows(seed + 100, n=500, share=0.8))
        assert "y_true" in alone.cannot_tell["prior-shift"]


TWINS: dict[str, Fault] = {
    "the same law": lambda a, b: (a, b),
    "a small move": lambda a, b: (a, b | {"age": b["age"] + 2.5, "visits": b["visits"] + (b["age"] < 30)}),
    "columns in another order": lambda a, b: (a, dict(reversed(b.items()))),
    "the same rows": lambda a, b: (b, b),
    "each row twice": lambda a, b: (a, {name: np.repeat(values, 2) for name, values in b.items()}),
    "few rows": lambda a, b: (a, {name: values[:25] for name, values in b.items()}),
    "eight rows": lambda a, b: (a, {name: values[:8] for name, values in b.items()}),
    "many rows": lambda a, b: ({n: np.tile(v, 10) for n, v in a.items()}, {n: np.tile(v, 10) for n, v in b.items()}),
    "half precision": lambda a, b: (a, {n: v.astype(np.float32) if v.dtype.kind == "f" else v for n, v in b.items()}),
    "a scaler": lambda a, b: (standardised(a, a), standardised(b, a)),
    "a scaler fitted again on the same law": lambda a, b: (light(standardised(a, a)), light(standardised(b, b))),
    "some values missing": lambda a, b: (a, b | {"age": np.where(b["red"] < 0.1, np.nan, b["age"])}),
}  # fmt: skip


@pytest.mark.parametrize("twin", TWINS)
def test_healthy_use_is_left_alone(twin: str) -> None:
    for seed in SEEDS:
        train, use = TWINS[twin](*pair(seed))
        assert causes(examine(train=train, use=use)) == [], seed
        assert causes(examine(train=without_labels(train), use=without_labels(use))) == [], seed


def test_rows_of_few_persons_look_moved_and_are_not() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        person = {name: np.repeat(np.arange(m), 20) for name, m in (("train", 40), ("use", 12))}
        made = {name: {"x": random.normal(0, 3, of.max() + 1)[of] + random.normal(0, 1, len(of)), "group": of}
                for name, of in person.items()}  # fmt: skip
        assert causes(examine(train=made["train"], use=made["use"])) == []


def test_a_scaler_fitted_again_hides_moved_shares_and_that_is_said() -> None:
    for seed in SEEDS:
        train, use = rows(seed), rows(seed + 100, n=500, share=0.9)
        report = examine(train=light(standardised(train, train)), use=light(standardised(use, use)))
        assert causes(report)[0] == "prior-shift" and "fitted again" in said(report), seed


def test_shares_of_classes_are_taken_from_splits_where_features_have_no_labels() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        split = np.repeat(["train", "test"], [2000, 1000])
        for share, expected in ((0.5, ["prior-shift"]), (0.055, [])):
            y = (random.random(3000) < np.where(split == "train", share, 0.05)).astype(int)
            p = np.clip(0.95 * y + 0.02, 0, 1)
            assert causes(examine({"y_true": y, "score": p, "split": split})) == expected, seed


# -- the same rows scored in another process ---------------------------------------------------------------------


def scored(seed: int, n: int = 800, k: int = 4, right: float = 0.93) -> tuple[Array, Array]:
    """Labels, and logits [row, class] of a model that is right on about this share of rows."""
    random = np.random.default_rng(seed)
    y = random.integers(0, k, n)
    called = np.where(random.random(n) < right, y, random.integers(0, k, n))
    return y, random.normal(0, 0.4, (n, k)) + 4.0 * np.eye(k)[called]


def softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def noise(z: Array, random: Any) -> Array:
    """Logits as dropout leaves them: the answers are nearly as often right."""
    return z * random.binomial(1, 0.8, z.shape) + random.normal(0, 0.5, z.shape)


SECOND: dict[str, tuple[list[tuple[str, str]], Callable[[Array, Any], Array]]] = {
    "names in another order": ([("rebuilt-encoder", "certain")], lambda z, r: softmax(z)[:, [2, 0, 1, 3]]),
    "inputs by another vocabulary": ([("rebuilt-encoder", "likely")], lambda z, r: softmax(r.permuted(z, axis=1))),
    "dropout": ([("random-prediction", "likely")], lambda z, r: softmax(noise(z, r))),
    "another machine": ([], lambda z, r: softmax((z + r.normal(0, 1e-5, z.shape)).astype(np.float32))),
    "half precision": ([], lambda z, r: softmax(z.astype(np.float16))),
    "nothing changed": ([], lambda z, r: softmax(z)),
}


@pytest.mark.parametrize("second", SECOND)
def test_a_second_scoring_tells_a_rebuilt_encoder_from_chance_and_from_rounding(second: str) -> None:
    expected, made = SECOND[second]
    for seed in SEEDS:
        y, z = scored(seed)
        again = made(z, np.random.default_rng(seed + 500))
        found = examine({"y_true": y, "score": softmax(z)}, rescored={"y_true": y, "score": again}).findings
        assert [(one.cause, one.sure) for one in found] == expected, seed


def test_two_names_exchanged_are_certain_and_decisions_alone_tell_three() -> None:
    for seed in SEEDS:
        y, z = scored(seed, k=2)
        p = softmax(z)[:, 1]
        found = examine({"y_true": y, "score": p}, rescored={"y_true": y, "score": 1 - p}).findings
        assert [(one.cause, one.sure) for one in found] == [("rebuilt-encoder", "certain")]
        y, z = scored(seed, k=3)
        said = z.argmax(axis=1)
        found = examine({"y_true": y, "y_pred": said}, rescored={"y_true": y, "y_pred": (said + 1) % 3}).findings
        assert [(one.cause, one.sure) for one in found] == [("rebuilt-encoder", "certain")]


def test_a_second_scoring_in_another_order_is_no_encoder() -> None:
    y, z = scored(0)
    other = softmax(z)[np.random.default_rng(0).permutation(len(y))]
    report = examine({"y_true": y, "score": softmax(z)}, rescored={"y_true": y, "score": other})
    assert causes(report) == []
    assert "order of the first" in report.cannot_tell["rebuilt-encoder"]


def test_a_regression_is_scored_twice_as_well() -> None:
    random = np.random.default_rng(0)
    y = random.normal(0, 1, 400)
    p = y + random.normal(0, 0.3, 400)
    for again, expected in ((p + random.normal(0, 0.2, 400), ["random-prediction"]), (p + 1e-6, [])):
        assert causes(examine({"y_true": y, "y_pred": p}, rescored={"y_true": y, "y_pred": again})) == expected


# -- whatever is handed over -------------------------------------------------------------------------------------

ODD: dict[str, Table] = {
    "one row": {"x": np.array([1.0])},
    "constant": {"x": np.ones(100)},
    "no number": {"x": np.full(100, np.nan)},
    "a few numbers": {"x": np.where(np.arange(100) < 3, 1.0, np.nan)},
    "infinite": {"x": np.where(np.arange(100) < 3, np.inf, 2.0)},
    "huge": {"x": np.linspace(-1e300, 1e300, 100)},
    "tiny": {"x": np.linspace(0, 1e-300, 100)},
    "one class": {"x": np.arange(100.0), "y_true": np.zeros(100)},
    "targets": {"x": np.arange(100.0), "y_true": np.linspace(0, 1, 100)},
    "two values": {"x": np.arange(100) % 2},
}


@pytest.mark.parametrize("first", ODD)
@pytest.mark.parametrize("second", ODD)
def test_odd_columns_give_a_report_or_one_line(first: str, second: str) -> None:
    try:
        examine(train=ODD[first], use=ODD[second]).to_json()
    except BadInput as error:
        assert "\n" not in str(error)


def test_too_few_rows_and_a_missing_side_are_said() -> None:
    report = examine(train={"x": np.arange(100.0)}, use={"x": np.arange(5.0)})
    assert "more rows" in report.cannot_tell["input-shift"]
    assert "--use" in examine(train={"x": np.arange(100.0)}).cannot_tell["scaled-column"]
    assert "--train" in examine(use={"x": np.arange(100.0)}).cannot_tell["scaled-column"]
    assert "--rescore" in examine(use={"x": np.arange(100.0)}).cannot_tell["rebuilt-encoder"]
