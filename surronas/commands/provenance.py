"""By which command, when, and with which versions of packages an answer was made."""

import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

_PACKAGES = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost")


def provenance() -> dict[str, Any]:
    """Return the command line, the date, and the versions, JSON-able."""
    return {
        "command": shlex.join(["surronas", *sys.argv[1:]]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    }
