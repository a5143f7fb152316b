"""The metrics by name."""

from mirage.metrics import decided, scored
from mirage.metrics.metric import metrics_in

METRICS = metrics_in(decided, scored)
