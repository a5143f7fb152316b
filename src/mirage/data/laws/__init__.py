"""Data laws, one file each: whatever law a module of this folder defines can be named in a configuration."""

import sys

from mirage.data.law import Law
from mirage.settings import table_of

Law.table = table_of(sys.modules[__name__], Law)
