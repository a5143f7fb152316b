"""The metrics and references by name: whatever the modules named here define."""

from mirage.metrics import decided, expected, references, scored
from mirage.metrics.metric import metrics_in
from mirage.metrics.references import Reference

METRICS = metrics_in(decided, scored, expected)
REFERENCES = {one.name: one for one in vars(references).values() if isinstance(one, Reference)}
