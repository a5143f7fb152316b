"""All cases of the ward, a module for each kind of question; importing them fills the table."""

from mirage.doctor.ward.cases import rows, reconcile, order, decisions, training, epochs  # noqa: F401, I001
from mirage.doctor.ward.cases import across, in_use, spread, held  # noqa: F401
