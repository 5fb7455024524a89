"""What the commands do, a file each: arguments in, one public function called, the answer printed."""

from __future__ import annotations

import argparse
from importlib import import_module


def run(arguments: argparse.Namespace) -> None:
    """Run the command that was parsed; only its own file is imported, for the heavy ones take seconds."""
    import_module(f"surronas.commands.{arguments.command}").run(arguments)
