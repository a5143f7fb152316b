"""Streams: a function of the seed and the stream's own name, the same for ever."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from helpers import plan
from hypothesis import given
from hypothesis import strategies as st

from mirage.config.project import scenarios
from mirage.data.rows import draw
from mirage.data.streams import STREAMS, Streams
from mirage.models.kind import KERAS

seeds = st.integers(0, 2**40)
names = st.sampled_from(STREAMS)
varied = st.sets(names)


def draws(streams: Streams, name: str) -> list[int]:
    """Enough of a stream to tell it from any other: its integers and its generator's first numbers."""
    return [*streams.integers(name, 4), *streams.generator(name).integers(0, 2**62, 4).tolist()]


@pytest.mark.parametrize(
    ("name", "integers", "numbers"),
    [
        ("data", [223547799, 1059823267, 1342035583], [0.57301262, 0.83219246]),
        ("split", [1082391472, 675343605, 1493769272], [0.04915096, 0.78972616]),
        ("init", [700549369, 1876254549, 2045568124], [0.83677936, 0.33416599]),
        ("shuffle", [1076064145, 1571902754, 1377321927], [0.58219831, 0.97938137]),
        ("dropout", [507987468, 1695010542, 1095236806], [0.86253037, 0.58156145]),
        ("resample", [249965, 1612792210, 160510560], [0.46810437, 0.50783367]),
        ("augment", [1547576803, 196452748, 1065552590], [0.32464347, 0.49414894]),
    ],
)
def test_every_stream_of_seed_3_starts_with_these_numbers(name, integers, numbers):
    # A change here silently makes all published numbers those of other seeds.
    streams = Streams(3, ("init", "shuffle"))
    assert streams.integers(name, 3) == integers
    np.testing.assert_allclose(streams.generator(name).random(2), numbers, atol=5e-9)


@given(seed=seeds, name=names, vary=varied)
def test_a_stream_is_the_same_whenever_it_is_asked_for(seed, name, vary):
    streams = Streams(seed, vary)
    first = draws(streams, name)
    for other in STREAMS:
        streams.generator(other).random(100)
    assert draws(streams, name) == first == draws(Streams(seed, vary), name)


@given(seed=seeds, other=seeds, name=names, vary=varied)
def test_a_stream_follows_the_seed_exactly_if_it_is_varied_and_is_else_that_of_seed_0(seed, other, name, vary):
    own = draws(Streams(seed, vary), name)
    assert own == draws(Streams(seed if name in vary else 0, STREAMS), name)
    assert (own == draws(Streams(other, vary), name)) == (name not in vary or seed == other)


@given(seed=seeds)
def test_streams_differ_from_each_other_and_from_those_of_other_seeds_and_members(seed):
    streams = [Streams(s, STREAMS, member, STREAMS) for s in (seed, seed + 1) for member in range(3)]
    assert len({tuple(draws(one, name)) for one in streams for name in STREAMS}) == 6 * len(STREAMS)


@given(seed=seeds, name=names, count=st.integers(0, 20))
def test_integers_have_31_bits_and_more_of_them_start_alike(seed, name, count):
    integers = Streams(seed, (name,)).integers(name, count)
    assert len(integers) == count and all(type(i) is int and 0 <= i < 2**31 for i in integers)
    assert Streams(seed, (name,)).integers(name, count + 5)[:count] == integers


@given(seed=seeds, name=names, vary=varied, members_vary=varied, member=st.integers(1, 7))
def test_members_share_all_streams_but_those_that_are_named(seed, name, vary, members_vary, member):
    alone, first, other = Streams(seed, vary), *(Streams(seed, vary, m, members_vary) for m in (0, member))
    assert draws(alone, name) == draws(first, name)
    assert (draws(first, name) == draws(other, name)) == (name not in members_vary)


class Jumping(np.random.PCG64):
    """A stream's bits, which notice that somebody goes on from a place far along them."""

    def __init__(self, spy: "Spy | None" = None, name: str = "") -> None:  # NumPy makes what has jumped without either
        super().__init__(spy and spy._sequence(name))
        self.spy, self.name = spy, name

    def jumped(self, jumps: int = 1) -> np.random.PCG64:
        if self.spy is not None:
            self.spy.asked.add(self.name)
        return super().jumped(jumps)


@dataclass(frozen=True)
class Spy(Streams):
    """Streams that notice what is read: a generator that is only made has not been."""

    asked: set[str] = field(default_factory=set)
    made: list[tuple[str, np.random.Generator, Any]] = field(default_factory=list)

    def integers(self, name: str, count: int) -> list[int]:
        if count:
            self.asked.add(name)
        return super().integers(name, count)

    def generator(self, name: str) -> np.random.Generator:
        bits = Jumping(self, name)
        generator = np.random.Generator(bits)
        self.made.append((name, generator, bits.state))
        return generator

    @property
    def read(self) -> set[str]:
        return self.asked | {name for name, one, start in self.made if one.bit_generator.state != start}


@pytest.mark.parametrize("scenario", scenarios())
def test_the_streams_an_arm_declares_are_exactly_those_it_reads(scenario):
    for name, arm in plan(scenario).arms.items():
        spy = Spy(0, ())
        train = draw(arm.data, arm.stages.listed(), spy)["train"]
        if arm.model.trained_by == KERAS:
            from mirage.models.variables import initial
            from mirage.training.network import orders

            initial(arm.model.build(train.x.shape[1:]), spy)
            orders([spy], len(train.y))(1)
        assert spy.read == arm.streams(), name
