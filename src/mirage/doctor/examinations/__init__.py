"""All examinations, in the order of questions: a module for each kind of question, cheapest first."""

from mirage.doctor.examinations import rows, reconcile, steps, decisions, models, histories  # noqa: F401, I001  (order of questions)
