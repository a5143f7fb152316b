"""One seed to named random streams: data, split, resample, augment, init, shuffle, dropout.

Every stream is a function of the seed and its own name only, so drawing more from one never shifts another, and arms
of one seed share what they can.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

STREAMS = ("data", "split", "resample", "augment", "init", "shuffle", "dropout")
FIXED_SEED = 0  # what a stream follows that a scenario does not vary


@dataclass(frozen=True)
class Streams:
    """The random streams of one replicate: those in `vary` follow `seed`, the others stay the same for all seeds.

    Of a replicate of several models each `member` has a turn of its own of the streams in `members_vary`; all members
    share the others.
    """

    seed: int
    vary: Collection[str]
    member: int = 0
    members_vary: Collection[str] = ()

    def _sequence(self, name: str) -> np.random.SeedSequence:
        word = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        key = [self.seed if name in self.vary else FIXED_SEED, word]
        return np.random.SeedSequence([*key, self.member] if self.member and name in self.members_vary else key)

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator at the start of the named stream."""
        return np.random.Generator(np.random.PCG64(self._sequence(name)))

    def integers(self, name: str, count: int) -> list[int]:
        """The first `count` 31-bit integers of the named stream: seeds for libraries that take one."""
        return [int(v) >> 1 for v in self._sequence(name).generate_state(count, np.uint32)]
