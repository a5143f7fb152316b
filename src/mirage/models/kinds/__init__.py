"""Model kinds, one file each: whatever kind a module of this folder defines can be named in a configuration."""

import sys

from mirage.models.kind import Kind
from mirage.settings import table_of

Kind.table = table_of(sys.modules[__name__], Kind)
