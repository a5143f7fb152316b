"""``python -m mirage.doctor``: the same as ``mirage-doctor``."""

import sys

from mirage.doctor.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
