"""What the commands do, a file each: arguments in, one public function called, the answer printed."""

from __future__ import annotations

import argparse
from importlib import import_module

_FILES = {"import": "import_benchmark"}  # commands that can't name their file


def run(arguments: argparse.Namespace) -> int:
    """Run the command that was parsed and return its exit code, 0 where it has none of its own.

    Only its own file is imported, for the heavy ones take seconds.
    """
    file = _FILES.get(arguments.command, arguments.command)
    return import_module(f"surronas.commands.{file}").run(arguments) or 0
