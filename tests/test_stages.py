"""Stages: resampling and holding out as the listings do it, scaling by the training rows, copies with changes."""

from typing import Any

import numpy as np
import pytest
from helpers import arm, rows
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from listings import AS_WRITTEN, HELD_OUT
from pydantic import ValidationError
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from test_data import blocks, law, normals, points

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


def same(one: Splits, other: Splits) -> bool:
    """The same splits, in the same order, of the same rows."""
    return list(one) == list(other) and all(
        np.array_equal(getattr(one[name], part), getattr(other[name], part)) for name in one for part in ("x", "y")
    )


def of(split: Split) -> Splits:
    return {"": split}


def xy(split: Split) -> tuple[np.ndarray, np.ndarray]:
    return split.x, split.y


# -- holding out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["validation", "test"])
@given(
    minority=st.integers(8, 40),
    share=st.sampled_from([0.1, 0.2, 0.5]),
    split_seed=st.sampled_from([0, 42]),
    seed=st.integers(0, 30),
)
def test_rows_held_out_class_by_class_are_those_of_train_test_split_and_keep_the_shares(
    name: str, minority: int, share: float, split_seed: int, seed: int
) -> None:
    used = blocks(40, minority, balanced=60)
    whole = through(used, seed=seed)
    held_out = {"into": name, "share": share, "seed": split_seed, "stratify": True}
    drawn = through(used, ("hold_out", held_out), seed=seed)
    x, y = xy(whole["train"])
    x, held_x, y, held_y = train_test_split(x, y, test_size=share, random_state=split_seed, stratify=y)
    expected = {"train": Split(x, y), name: Split(held_x, held_y), "test_balanced": whole["test_balanced"]}
    assert same(drawn, expected)
    for c, count in enumerate((40, minority)):
        assert abs(np.sum(drawn[name].y == c) - len(held_y) * count / (40 + minority)) < 1


@pytest.mark.parametrize("scenario", HELD_OUT)
def test_the_scenarios_hold_out_what_the_listings_do(scenario: str) -> None:
    name = next(iter(AS_WRITTEN[scenario]))
    used, drawn = arm(scenario, name), rows(scenario, name)
    x, y = xy(draw(used.data, [], Streams(0, ("data",)))["train"])
    x, held_x, y, held_y = train_test_split(x, y, test_size=0.2, random_state=42)
    expected = {"train": Split(x, y), HELD_OUT[scenario]: Split(held_x, held_y)}
    assert same({split: drawn[split] for split in expected}, expected)


def test_held_out_rows_keep_the_share_that_the_training_rows_were_drawn_with() -> None:
    drawn = through(normals(n_validation=0), ("hold_out", HELD | {"into": "validation"}))
    assert drawn["validation"].share == drawn["train"].share == 0.1


# -- resampling ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minority", "neighbours", "seed"), [(7, 5, 42), (6, 5, 0), (12, 3, 42), (30, 5, 42)])
def test_resampled_rows_are_imblearns(minority: int, neighbours: int, seed: int) -> None:
    whole = through(blocks(30, minority))["train"]
    smoted = {"name": "smote", "seed": seed, "neighbours": neighbours}
    drawn = through(blocks(30, minority), ("resample", smoted))
    expected = SMOTE(random_state=seed, k_neighbors=neighbours).fit_resample(*xy(whole))
    assert same(drawn, {"train": Split(*expected), "original": whole})
    np.testing.assert_array_equal(drawn["train"].x[: len(whole.y)], whole.x)  # the original rows come first
    assert np.bincount(drawn["train"].y).tolist() == [30, 30]


@pytest.mark.parametrize(
    ("name", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler)]
)
@pytest.mark.parametrize(("majority", "minority"), [(30, 7), (7, 30), (12, 1)])
def test_random_resampling_is_imblearns(name: str, sampler: type, majority: int, minority: int) -> None:
    whole = through(blocks(majority, minority))["train"]
    drawn = through(blocks(majority, minority), ("resample", {"name": name, "seed": 42}))
    expected = sampler(random_state=42).fit_resample(*xy(whole))
    assert same(drawn, {"train": Split(*expected), "original": whole})


def test_where_nothing_is_resampled_the_original_rows_are_the_training_rows() -> None:
    whole = through(blocks())["train"]
    assert same(through(blocks(), ("resample", {"name": "none"})), {"train": whole, "original": whole})
    divided = through(blocks(), ("resample", {"name": "none"}), ("hold_out", HELD))
    assert list(divided) == ["train", "test"]  # the rows before resampling are these two together


def test_smote_of_the_ready_made_clusters_adds_nothing() -> None:
    drawn = rows("smote_balance", "smote")
    both = np.concatenate([drawn["train"].x, drawn["test"].x])
    assert sorted(map(tuple, both)) == sorted(map(tuple, drawn["original"].x))


# -- the order of stages -------------------------------------------------------------------------------------


def test_stages_are_taken_in_the_order_stated() -> None:
    whole = through(blocks(60, 10))["train"]
    x, y = SMOTE(random_state=42, k_neighbors=5).fit_resample(*xy(whole))
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=42)
    drawn = through(blocks(60, 10), ("resample", SMOTED), ("hold_out", HELD))
    assert same(drawn, {"train": Split(train_x, train_y), "test": Split(test_x, test_y), "original": whole})
    # Why it matters: made rows reach the rows that are held out, the leak that a controlled lesson is about.
    assert points(drawn["test"]) - points(drawn["original"])


@given(seed=st.integers(0, 50), name=st.sampled_from(["smote", "random_over", "random_under"]))
def test_resampling_after_holding_out_leaves_the_held_out_rows_alone(seed: int, name: str) -> None:
    resample = SMOTED if name == "smote" else {"name": name, "seed": 42}
    plain = through(blocks(60, 20), ("hold_out", HELD), seed=seed)
    drawn = through(blocks(60, 20), ("hold_out", HELD), ("resample", resample), seed=seed)
    assert list(drawn) == ["train", "original", "test"]
    assert same(of(drawn["original"]), of(plain["train"])) and same(of(drawn["test"]), of(plain["test"]))
    counts = np.bincount(drawn["original"].y)
    assert set(np.bincount(drawn["train"].y)) == {counts.min() if name == "random_under" else counts.max()}
    made = points(drawn["train"]) - points(drawn["original"])
    assert (len(made) > 0) == (name == "smote")
    assert not points(drawn["test"]) & points(drawn["train"])


# -- standardising -------------------------------------------------------------------------------------------

SCALED = ("prepare", {"name": "standardise"})


@pytest.mark.parametrize("stages", [(SCALED,), (("hold_out", HELD | {"into": "validation"}), SCALED)])
def test_features_are_scaled_by_what_the_training_rows_say(stages: tuple[Any, ...]) -> None:
    raw = through(normals(separation=5.0, n_validation=0), *stages[:-1])
    drawn = through(normals(separation=5.0, n_validation=0), *stages)
    np.testing.assert_allclose(drawn["train"].x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(drawn["train"].x.std(axis=0), 1, rtol=1e-12)
    scaler = StandardScaler().fit(raw["train"].x)
    assert list(drawn) == list(raw)
    for name, split in drawn.items():
        np.testing.assert_array_equal(split.x, scaler.transform(raw[name].x))
        np.testing.assert_array_equal(split.y, raw[name].y)
        assert (split.role, split.share) == (raw[name].role, raw[name].share)


@pytest.mark.parametrize("name", ["test", "validation"])
def test_rows_that_are_not_trained_on_have_no_say_in_the_scale(name: str) -> None:
    """A scaler that has seen them is a leak: other rows there change nothing elsewhere."""
    [stage] = Stages.model_validate({"order": ["prepare"], "prepare": {"name": "standardise"}}).listed()
    raw = through(normals())
    wild = raw | {name: raw[name].with_rows(1e6 + raw[name].x ** 2, 1 - raw[name].y)}
    one, other = (stage.apply(splits, Streams(0, ())) for splits in (raw, wild))
    rest = [split for split in raw if split != name]
    assert same({split: one[split] for split in rest}, {split: other[split] for split in rest})
    assert not np.array_equal(one[name].x, other[name].x)


# -- augmenting ----------------------------------------------------------------------------------------------


def images(n_train: int = 40) -> Law:
    return law("digits", n_train=n_train, n_test=10, positive=[5, 6, 7, 8, 9])


NOISE = {"name": "noise", "copies": 3, "sd": 0.1}
SHIFT = {"name": "shift", "copies": 3, "pixels": 2}


@pytest.mark.parametrize("augment", [NOISE, SHIFT], ids=["noise", "shift"])
def test_every_training_row_comes_with_changed_copies_that_keep_its_label(augment: dict[str, Any]) -> None:
    raw, drawn = through(images()), through(images(), ("augment", augment))
    assert list(drawn) == ["train", "test"] and same(of(drawn["test"]), of(raw["test"]))
    copies = drawn["train"].x.reshape(4, 40, 64)
    assert drawn["train"].y.tolist() == raw["train"].y.tolist() * 4
    np.testing.assert_array_equal(copies[0], raw["train"].x)  # the rows themselves come first
    assert len({copy.tobytes() for copy in copies}) == 4
    assert (drawn["train"].role, drawn["train"].share) == (raw["train"].role, raw["train"].share)


def test_noise_is_normal_with_its_standard_deviation_and_nothing_else() -> None:
    raw, drawn = through(images(300)), through(images(300), ("augment", NOISE))
    noise = (drawn["train"].x.reshape(4, 300, 64)[1:] - raw["train"].x) / 0.1
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02
    assert np.mean(np.abs(noise) < 1.96) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("pixels", [1, 2, 7])
def test_a_shifted_image_has_moved_by_at_most_the_pixels_and_zeros_come_in(pixels: int) -> None:
    raw = through(images())["train"].x.reshape(-1, 8, 8) + 1  # no pixel of an image is zero: what is, came in
    stage = Stages.model_validate({"order": ["augment"], "augment": SHIFT | {"pixels": pixels, "copies": 25}})
    split = Split(raw.reshape(-1, 64), np.zeros(len(raw), int))
    [augment] = stage.listed()
    grown = augment.apply({"train": split}, Streams(0, ()))["train"].x.reshape(26, -1, 8, 8)
    seen = set()
    for copy in grown[1:]:
        for image, before in zip(copy, raw, strict=True):
            filled = np.argwhere(image > 0)
            (top, left), (bottom, right) = filled.min(axis=0), filled.max(axis=0) + 1
            down, across = (top or bottom - 8), (left or right - 8)
            kept = before[max(-down, 0) : 8 - max(down, 0), max(-across, 0) : 8 - max(across, 0)]
            np.testing.assert_array_equal(image[top:bottom, left:right], kept)
            assert np.count_nonzero(image) == kept.size  # all else is zero
            seen.add((int(down), int(across)))
    every = {(d, a) for d in range(-pixels, pixels + 1) for a in range(-pixels, pixels + 1)}
    assert seen <= every and (seen == every or pixels == 7)  # each direction and distance occurs


# -- streams -------------------------------------------------------------------------------------------------


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
def test_a_seed_of_null_follows_its_stream_and_no_other(
    stream: str, used: Law, stage: str, settings: dict[str, Any]
) -> None:
    def train(seed: int, *vary: str, fixed: int | None = None) -> Splits:
        return of(through(used, (stage, settings | {"seed": fixed}), seed=seed, vary=vary)["train"])

    others = [name for name in STREAMS if name not in (stream, "data")]
    assert same(train(0, *others), train(1, *others))
    assert not same(train(0, stream), train(1, stream))
    assert same(train(0, stream, fixed=7), train(1, stream, fixed=7))
    if stream != "augment":  # libraries that take a seed get the stream's first integer
        fixed = Streams(1, (stream,)).integers(stream, 1)[0]
        assert same(train(1, stream), train(1, fixed=fixed))


# -- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "stage", "settings", "expected"),
    [
        (blocks(30, 5), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 5 minority rows"),
        (blocks(3, 30), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 3 minority rows"),
        (blocks(5, 5), "hold_out", HELD | {"share": 0.0}, "hold_out.share: got 0.0 of 10 rows"),
        (blocks(1, 1), "hold_out", HELD | {"share": 0.9}, "hold_out.share: got 0.9 of 2 rows"),
        (blocks(30, 1), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (blocks(1, 30), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (
            blocks(30, 1),
            "hold_out",
            HELD | {"stratify": True},
            "hold_out.stratify: got 30, 1 rows of the classes, too few to hold out 0.25 of each",
        ),
        (blocks(), "augment", SHIFT, "augment.name: got shift of 3 features, expected square images"),
        (images(), "augment", SHIFT | {"pixels": 8}, "augment.pixels: got 8, expected fewer than the 8 of an image"),
    ],
)
def test_rows_that_do_not_allow_a_stage_are_refused_in_one_line(
    used: Law, stage: str, settings: dict[str, Any], expected: str
) -> None:
    with pytest.raises(CannotDraw) as refusal:
        through(used, (stage, settings))
    assert str(refusal.value).startswith(f"stages.{expected}") and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "settings", [{"order": ["prepare", "prepare"], "prepare": SCALED[1]}, {"order": [], "hold_out": HELD}]
)
def test_each_stage_is_listed_once_and_none_is_set_that_is_not_listed(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Stages.model_validate(settings)
