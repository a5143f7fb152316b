"""The doctor: your own predictions, examined for what makes a high accuracy misleading."""

from mirage.doctor.evidence import BadInput as BadInput
from mirage.doctor.examine import examine as examine
from mirage.doctor.report import Report as Report
