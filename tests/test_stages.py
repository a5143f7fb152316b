"""Stages: what they hold out, resample, prepare and augment, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from helpers import arm, rows
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from listings import AS_WRITTEN, HELD_OUT
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import ValidationError
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from test_data import blocks, counted, law, normals, same

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import CannotDraw, Split, Splits
from mirage.data.stages import Stages
from mirage.data.streams import STREAMS, Streams

SMOTED = {"name": "smote", "seed": 42, "neighbours": 5}
HELD = {"into": "test", "share": 0.25, "seed": 42}


def through(used: Law, *stages: tuple[str, dict[str, Any]], seed: int = 0, vary: tuple[str, ...] = ("data",)) -> Splits:
    """The rows of a law taken through these stages, in this order."""
    settings = Stages.model_validate({"order": [name for name, _ in stages]} | dict(stages))
    return draw(used, settings.listed(), Streams(seed, vary))


def alike(one: Splits, other: Splits) -> bool:
    """The same splits, in the same order, of the same rows."""
    return list(one) == list(other) and all(same(one[name], other[name]) for name in one)


def divide(x: np.ndarray, y: np.ndarray, into: str, share: float, seed: int, **settings: Any) -> Splits:
    """What scikit-learn holds out."""
    x, held_x, y, held_y = train_test_split(x, y, test_size=share, random_state=seed, **settings)
    return {"train": Split(x, y), into: Split(held_x, held_y)}


@given(minority=st.integers(8, 40), share=st.sampled_from([0.1, 0.2, 0.5]), seed=st.integers(0, 30))
def test_rows_held_out_class_by_class_are_those_of_train_test_split(minority, share, seed):
    whole = through(blocks(40, minority), seed=seed)["train"]
    stated = {"into": "test", "share": share, "seed": seed}
    drawn = through(blocks(40, minority), ("hold_out", stated | {"stratify": True}), seed=seed)
    assert alike(drawn, divide(*whole[:2], **stated, stratify=whole.y))


@pytest.mark.parametrize("scenario", HELD_OUT)
def test_the_scenarios_hold_out_what_the_listings_do(scenario):
    name = next(iter(AS_WRITTEN[scenario]))
    used, drawn = arm(scenario, name), rows(scenario, name)
    whole = draw(used.data, [], Streams(0, ("data",)))["train"]
    expected = divide(*whole[:2], into=HELD_OUT[scenario], share=0.2, seed=42)
    assert alike({split: drawn[split] for split in expected}, expected)


@pytest.mark.parametrize("seed", [0, 42])
@pytest.mark.parametrize(
    ("majority", "minority", "settings", "sampler"),
    [
        (30, 6, {"name": "smote", "neighbours": 5}, SMOTE(k_neighbors=5)),
        (30, 30, {"name": "smote", "neighbours": 5}, SMOTE(k_neighbors=5)),
        (12, 30, {"name": "smote", "neighbours": 3}, SMOTE(k_neighbors=3)),
        (1, 12, {"name": "random_over"}, RandomOverSampler()),
        (12, 1, {"name": "random_under"}, RandomUnderSampler()),
    ],
)
def test_resampled_rows_are_imblearns(majority, minority, settings, sampler, seed):
    whole = through(blocks(majority, minority))["train"]
    drawn = through(blocks(majority, minority), ("resample", settings | {"seed": seed}))
    expected = sampler.set_params(random_state=seed).fit_resample(*whole[:2])
    assert alike(drawn, {"train": Split(*expected), "original": whole})


def test_where_nothing_is_resampled_the_original_rows_are_the_training_rows():
    whole = through(blocks())["train"]
    assert alike(through(blocks(), ("resample", {"name": "none"})), {"train": whole, "original": whole})
    for between in ((), (("prepare", {"name": "standardise"}),)):
        divided = through(blocks(), ("resample", {"name": "none"}), *between, ("hold_out", HELD))
        assert list(divided) == ["train", "test"]  # the rows before resampling are these two together


def test_rows_held_out_after_resampling_may_be_made_ones():
    whole = through(blocks(60, 10))["train"]
    drawn = through(blocks(60, 10), ("resample", SMOTED), ("hold_out", HELD))
    smoted = SMOTE(random_state=42, k_neighbors=5).fit_resample(*whole[:2])
    assert alike(drawn, divide(*smoted, **HELD) | {"original": whole})
    assert counted(drawn["test"]) - counted(drawn["original"])  # the leak that a controlled lesson is about


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_held_out_before_resampling_are_left_alone(seed):
    plain = through(blocks(60, 20), ("hold_out", HELD), seed=seed)
    drawn = through(blocks(60, 20), ("hold_out", HELD), ("resample", SMOTED), seed=seed)
    smoted = SMOTE(random_state=42, k_neighbors=5).fit_resample(*plain["train"][:2])
    assert alike(drawn, {"train": Split(*smoted), "original": plain["train"], "test": plain["test"]})


SCALED = ("prepare", {"name": "standardise"})


@pytest.mark.parametrize("stages", [(SCALED,), (("hold_out", HELD | {"into": "validation"}), SCALED)])
def test_features_are_scaled_by_what_the_training_rows_say(stages):
    raw = through(normals(separation=5.0, n_validation=0), *stages[:-1])
    drawn = through(normals(separation=5.0, n_validation=0), *stages)
    scaler = StandardScaler().fit(raw["train"].x)
    assert alike(drawn, {name: split.with_rows(scaler.transform(split.x), split.y) for name, split in raw.items()})
    assert [(s.role, s.share) for s in drawn.values()] == [(s.role, s.share) for s in raw.values()]
    assert {split.share for name, split in raw.items() if name != "test_shifted"} == {0.1}  # rows held out, too


def images(n_train: int = 40) -> Law:
    return law("digits", n_train=n_train, n_test=10, positive=[5, 6, 7, 8, 9])


NOISE = {"name": "noise", "copies": 3, "sd": 0.1}
SHIFT = {"name": "shift", "copies": 3, "pixels": 2}


@pytest.mark.parametrize("augment", [NOISE, SHIFT], ids=["noise", "shift"])
def test_every_training_row_comes_with_changed_copies_that_keep_its_label(augment):
    raw, drawn = through(images()), through(images(), ("augment", augment))
    assert list(drawn) == ["train", "test"] and same(drawn["test"], raw["test"])
    copies = drawn["train"].x.reshape(4, 40, 64)
    assert drawn["train"].y.tolist() == raw["train"].y.tolist() * 4
    np.testing.assert_array_equal(copies[0], raw["train"].x)  # the rows themselves come first
    assert len({copy.tobytes() for copy in copies}) == 4
    assert (drawn["train"].role, drawn["train"].share) == (raw["train"].role, raw["train"].share)


def test_noise_is_normal_with_its_standard_deviation_and_nothing_else():
    raw, drawn = through(images(300)), through(images(300), ("augment", NOISE))
    noise = (drawn["train"].x.reshape(4, 300, 64)[1:] - raw["train"].x) / 0.1
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02
    assert np.mean(np.abs(noise) < 1.96) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("pixels", [1, 2, 7])
def test_a_shifted_image_has_moved_by_at_most_the_pixels_and_zeros_come_in(pixels):
    raw = 1 + through(images())["train"].x  # no pixel of an image is zero: what is, came in
    settings = {"order": ["augment"], "augment": SHIFT | {"pixels": pixels, "copies": 25}}
    [stage] = Stages.model_validate(settings).listed()
    grown = stage.apply({"train": Split(raw, np.zeros(len(raw), int))}, Streams(0, ()))["train"].x.reshape(26, -1, 64)
    seen = set()
    for i, image in enumerate(raw.reshape(-1, 8, 8)):
        moved = sliding_window_view(np.pad(image, pixels), (8, 8)).reshape(-1, 64)  # in every way that is allowed
        found = (grown[1:, i, None] == moved).all(axis=2)
        assert (found.sum(axis=1) == 1).all()
        seen |= set(found.argmax(axis=1))
    assert len(seen) == (2 * pixels + 1) ** 2 or pixels == 7  # each direction and distance occurs


@pytest.mark.parametrize(
    ("stream", "used", "stage", "settings"),
    [
        ("split", blocks(40, 20), "hold_out", HELD),
        ("resample", blocks(40, 20), "resample", SMOTED),
        ("resample", blocks(40, 20), "resample", {"name": "random_under"}),
        ("augment", images(), "augment", NOISE),
        ("augment", images(), "augment", SHIFT),
    ],
)
def test_a_seed_of_null_follows_its_stream_and_no_other(stream, used, stage, settings):
    def train(seed: int, *vary: str, fixed: int | None = None) -> Split:
        return through(used, (stage, settings | {"seed": fixed}), seed=seed, vary=vary)["train"]

    others = [name for name in STREAMS if name not in (stream, "data")]
    assert same(train(0, *others), train(1, *others))
    assert not same(train(0, stream), train(1, stream))
    assert same(train(0, stream, fixed=7), train(1, stream, fixed=7))
    if stream != "augment":  # libraries that take a seed get the stream's first integer
        fixed = Streams(1, (stream,)).integers(stream, 1)[0]
        assert same(train(1, stream), train(1, fixed=fixed))


@pytest.mark.parametrize(
    ("used", "stage", "settings", "expected"),
    [
        (blocks(30, 5), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 5 minority rows"),
        (blocks(3, 30), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 3 minority rows"),
        (blocks(5, 5), "hold_out", HELD | {"share": 0.0}, "hold_out.share: got 0.0 of 10 rows"),
        (blocks(1, 1), "hold_out", HELD | {"share": 0.9}, "hold_out.share: got 0.9 of 2 rows"),
        (blocks(30, 1), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (blocks(1, 30), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (blocks(30, 1), "hold_out", HELD | {"stratify": True}, "hold_out.stratify: got 30, 1 rows of the classes,"),
        (blocks(), "augment", SHIFT, "augment.name: got shift of 3 features, expected square images"),
        (images(), "augment", SHIFT | {"pixels": 8}, "augment.pixels: got 8, expected fewer than the 8 of an image"),
    ],
)
def test_rows_that_do_not_allow_a_stage_are_refused_in_one_line(used, stage, settings, expected):
    with pytest.raises(CannotDraw) as refusal:
        through(used, (stage, settings))
    assert str(refusal.value).startswith(f"stages.{expected}") and "\n" not in str(refusal.value)


def test_each_stage_is_listed_once():
    with pytest.raises(ValidationError):
        Stages.model_validate({"order": ["prepare", "prepare"], "prepare": SCALED[1]})
