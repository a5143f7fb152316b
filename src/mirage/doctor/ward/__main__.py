"""``python -m mirage.doctor.ward``: how often is the doctor right? `make ward`."""

import sys

from mirage.doctor.ward.command import main

if __name__ == "__main__":
    sys.exit(main())
