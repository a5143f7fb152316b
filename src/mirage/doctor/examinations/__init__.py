"""All examinations, in the order of questions: a module for each kind of question, cheapest first."""

# The order of these lines is the order of questions.
from mirage.doctor.examinations import rows, reconcile, steps, decisions  # noqa: F401, I001
from mirage.doctor.examinations import activations, calibration, models, histories, epochs  # noqa: F401, I001
from mirage.doctor.examinations import across, copies, leaking  # noqa: F401
from mirage.doctor.examinations import in_use, rescored  # noqa: F401
from mirage.doctor.examinations import learning, spread  # noqa: F401
