"""The metrics and references by name: whatever the modules named here define."""

from mirage.metrics import decided, expected, references, scored
from mirage.metrics.metric import CORRELATION, SHARE, metrics_in
from mirage.metrics.references import Reference

METRICS = metrics_in(decided, scored, expected)
REFERENCES = {one.name: one for one in vars(references).values() if isinstance(one, Reference)}

_OF_SCALE = {SHARE: (0.0, 1.0), CORRELATION: (-1.0, 1.0)}
ENDS = {one.name: _OF_SCALE[one.scale] for one in METRICS.values() if one.scale in _OF_SCALE}
"""The smallest and the largest value of the metrics that have both."""
