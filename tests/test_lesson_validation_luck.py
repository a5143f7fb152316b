"""Small validation sets and what they choose: against closed forms, and against counting by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, hypergeom
from sklearn.linear_model import LogisticRegression

import mirage
from mirage.data.split import CannotDraw, Split
from mirage.metrics import choosing, small_sets
from mirage.metrics.decisions import BestOf
from mirage.models.kinds.search import Search
from mirage.training import tried

RANDOM = np.random.default_rng(0)


def pool(rows: int, right: int) -> np.ndarray:
    """A pool of rows, in random order, of which so many are right."""
    return RANDOM.permutation(np.arange(rows) < right)


@pytest.mark.parametrize("size", [1, 10, 20, 50])
def test_over_many_pools_sets_are_perfect_as_often_as_the_hypergeometric_law_says(size: int) -> None:
    rows, right, pools = 1000, 950, 400
    found = [small_sets.numbers([size], pool(rows, right), 1.0) for _ in range(pools)]
    shares = np.array([one[f"perfect_{size}"] for one in found])
    expected = hypergeom(rows, right, size).pmf(size)
    assert shares.mean() == pytest.approx(expected, abs=4 * shares.std() / math.sqrt(pools) + 1e-12)
    assert found[0][f"binomial_{size}"] == pytest.approx(binom(size, right / rows).pmf(size))
    assert expected == pytest.approx(found[0][f"binomial_{size}"], abs=0.01)  # a large pool is nearly independent rows


def test_the_spread_of_sets_is_that_of_the_hypergeometric_law() -> None:
    law = hypergeom(10_000, 8_800, 200)
    found = [small_sets.numbers([200], pool(10_000, 8_800), 1.0) for _ in range(50)]
    means = {name: np.mean([one[f"{name}_200"] for one in found]) for name in ("low", "high", "off", "missed")}
    assert means["low"] == pytest.approx(law.ppf(0.05) / 200, abs=0.005)
    assert means["high"] == pytest.approx(law.ppf(0.95) / 200, abs=0.005)
    assert means["off"] == pytest.approx(math.sqrt(2 / math.pi) * law.std() / 200, rel=0.05)  # nearly normal
    assert means["missed"] == pytest.approx(law.sf(188), abs=0.005)  # above 0.94, half of the way from 0.88 to 1


def test_sets_are_counted_as_by_hand_and_rows_left_over_are_in_none() -> None:
    right = np.array([1, 1, 1, 0, 1, 1, 0, 0, 1], bool)  # of two rows: 1, 1/2, 1, 0, and one left over
    found = small_sets.numbers([2], right, trained=1.0)
    assert found["perfect_2"] == 0.5
    assert found["after_perfect_2"] == pytest.approx(1.5 / 3)
    assert found["off_2"] == pytest.approx(np.mean([1 - 1.5 / 3, 2 / 3 - 0.5, 1 - 1.5 / 3, 2.5 / 3]))
    assert found["missed_2"] == 0.5  # half of the gap is a sixth
    assert found["binomial_2"] == pytest.approx((6 / 9) ** 2)


def test_what_no_set_can_say_is_undefined() -> None:
    right = np.array([1, 0, 1, 0], bool)
    found = small_sets.numbers([2, 4, 5], right, trained=0.5)
    assert {name for name, value in found.items() if math.isnan(value)} == {
        *(f"missed_{size}" for size in (2, 4, 5)),  # no gap between training rows and others
        *(f"after_perfect_{size}" for size in (2, 4, 5)),
        "off_4",  # no other set
        *(f"{name}_5" for name in ("perfect", "off", "low", "high")),  # no set at all
    }


def test_a_set_chooses_the_best_setting_the_first_of_equal_ones_and_is_scored_on_the_others() -> None:
    accuracy = np.array([[0.5, 0.5, 0.8], [0.5, 1.0, 0.0], [0.9, 1.0, 0.2]])  # [setting, set]

    def said(**rule: int) -> dict[str, float]:
        return choosing.numbers(BestOf(**rule), {tried.HISTORY: accuracy})

    assert said(settings=1) == {
        "watched_accuracy": pytest.approx(0.6), "fresh_accuracy": pytest.approx(0.6), "kept_first": 1.0,
    }  # fmt: skip
    two = said(settings=2)  # sets choose 0 (a tie), 1 and 0
    assert two["watched_accuracy"] == pytest.approx((0.5 + 1.0 + 0.8) / 3)
    assert two["fresh_accuracy"] == pytest.approx((0.65 + 0.25 + 0.5) / 3)
    assert two["kept_first"] == pytest.approx(2 / 3)
    assert said(settings=3, joined=2)["watched_accuracy"] == pytest.approx(0.95)  # the third set is left over


def test_the_best_of_independent_coins_is_flattered_as_the_highest_of_as_many_binomials() -> None:
    """Negative control: one setting is not flattered at all, and fresh rows say one half of the best of any number."""
    coins = RANDOM.random((100, 2_000, 20)) < 0.5
    history = {tried.HISTORY: coins.mean(axis=2)}
    for settings in (1, 10, 100):
        said = choosing.numbers(BestOf(settings=settings), history)
        highest = 1 - np.sum(binom(20, 0.5).cdf(np.arange(20)) ** settings) / 20  # the mean, from its law, as a share
        assert said["watched_accuracy"] == pytest.approx(highest, abs=0.01)
        assert said["fresh_accuracy"] == pytest.approx(0.5, abs=0.005)
    one = choosing.numbers(BestOf(settings=1), history)
    assert one["watched_accuracy"] == pytest.approx(one["fresh_accuracy"], abs=1e-12)


SEARCH = Search(name="search", inverse_penalty=1.0, tried=12, between=[0.01, 100.0])


def test_every_setting_is_scikit_learns_logistic_regression_on_its_features() -> None:
    y = np.arange(60) % 2
    x = RANDOM.standard_normal((60, 6)) + y[:, None]
    fitted = SEARCH.estimator().fit(x, y)
    settings = SEARCH.settings(6)
    assert len(settings) == 12 and settings[0][0] == 1 and settings[0][1].tolist() == [0, 1, 2, 3, 4, 5]
    assert len({tuple(taken) for _, taken in settings}) > 6 and all(0.01 <= c <= 100 for c, _ in settings[1:])
    for said, (strength, taken) in zip(fitted.each(x), settings, strict=True):
        own = LogisticRegression(C=strength, tol=1e-8, max_iter=1000).fit(x[:, taken], y)
        np.testing.assert_allclose(said, own.predict_proba(x[:, taken])[:, 1], atol=1e-3)
    np.testing.assert_allclose(fitted.predict_proba(x)[:, 1], fitted.each(x)[0])


def test_the_record_holds_each_settings_accuracy_on_each_set() -> None:
    y = np.arange(40) % 2
    x = RANDOM.standard_normal((40, 6)) + y[:, None]
    fitted = SEARCH.estimator().fit(x, y)
    found = tried.by_sets(fitted, Split(x, y), 8)[tried.HISTORY]
    assert found.shape == (12, 8)
    assert found[5, 2] == np.mean((fitted.each(x)[5, 10:15] > 0.5) == y[10:15])
    with pytest.raises(CannotDraw, match="model.watched_sets: got 7, expected a number that divides the 40 rows"):
        tried.by_sets(fitted, Split(x, y), 7)


def test_a_search_on_few_rows_flatters_and_its_default_does_not(tmp_path: Path) -> None:
    few = [
        "only=[best_of_1,best_of_100]", "data.n_train=1100", "stages.hold_out.share=0.909",
        "arms.best_of_100.model.tried=20", "arms.best_of_100.decision.best_of.settings=20", f"results_dir={tmp_path}",
    ]  # fmt: skip
    few += [
        "arms.best_of_1.model.tried=20",
        *(f"arms.{arm}.model.watched_sets=50" for arm in ("best_of_1", "best_of_100")),
    ]
    results = mirage.run(mirage.plan("validation_luck", *few, seeds=range(3)))
    one, many = ("best_of_1", "best_of_100")
    assert (results.side(f"{many}.model.watched_accuracy - {many}.model.fresh_accuracy") > 0.02).all()
    assert results.side(f"{one}.model.watched_accuracy - {one}.model.fresh_accuracy") == pytest.approx(0, abs=1e-12)
    assert results.values(one, "model", "watched_accuracy") == pytest.approx(
        results.values(one, "validation", "accuracy")
    )


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (
            "decision.set_sizes=[20,10]",
            "decision.set_sizes: got .*, expected a list of whole numbers of at least 1, each",
        ),
        ("decision.set_sizes=[0]", "decision.set_sizes: got .*, expected a list of whole numbers of at least 1, each"),
        (
            "stages.order=[] stages.hold_out=null",
            "decision.set_sizes: got .*, expected \\[\\], as there are no validation rows",
        ),
        (
            "arms.random.decision.best_of.settings=101",
            "best_of.settings: got 101, expected at most model.tried, which is 100",
        ),
        ("arms.random.decision.best_of.joined=251", "best_of.joined: got 251, expected at most 250: half of"),
        (
            "arms.random.model.watched_sets=0",
            "decision.best_of: got .*, expected null, as the model has no watched_sets",
        ),
        (
            "arms.random.model.between=[2,1]",
            "between: got .*, expected a list of two numbers above 0, the lower one first",
        ),
        ("arms.random.model.alternatives=[2.0]", "alternatives: got .*, expected \\[\\], as the settings are drawn"),
    ],
)
def test_a_bad_setting_is_one_line(typed: str, line: str) -> None:
    with pytest.raises(mirage.ConfigError, match=line) as refused:
        mirage.plan("validation_luck", *typed.split())
    assert "\n" not in str(refused.value)


def test_only_a_search_is_watched_by_sets() -> None:
    with pytest.raises(
        mirage.ConfigError, match="watched_sets: got 9, expected 0, as model logistic tries no settings"
    ):
        mirage.plan("validation_luck_real", "arms.logistic.model.watched_sets=9")
