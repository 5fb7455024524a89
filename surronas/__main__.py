"""``python -m surronas`` is ``surronas``."""

import sys

from surronas.cli import main

if __name__ == "__main__":
    sys.exit(main())
