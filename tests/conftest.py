"""What holds for all tests."""

import hypothesis

# How long an example takes says nothing about whether it holds, and machines are busy.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
