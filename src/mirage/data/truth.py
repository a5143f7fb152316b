"""A mark for what a law knows of the truth behind its rows."""

from collections.abc import Callable
from typing import TypeVar

Method = TypeVar("Method", bound=Callable[..., object])


def truth(method: Method) -> Method:
    """Mark a method of a law that only metrics and references ask: it is no part of what identifies a record.

    So a law may learn what it knows after it has records. (`line` and `probability` without the mark are as old as
    their laws' records, and count.)
    """
    return method
