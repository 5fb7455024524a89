"""Small sources cut from NASLib's score files."""

import json
import zipfile
from pathlib import Path


def cut_zip(source: Path, dest: Path, records: int, wanted: str = "") -> Path:
    """Copy the first records of each first list of a space and task (those that hold ``wanted``)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(dest, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name.endswith("--0.json") and wanted in name:
                new.writestr(name, json.dumps(json.loads(old.read(name))[:records]))
    return dest


def cut_json(source: Path, dest: Path, architectures: int) -> Path:
    """Copy the first architectures of each task of a ``zc_SPACE.json``."""
    tasks = json.loads(source.read_text())
    part = {task: dict(list(table.items())[:architectures]) for task, table in tasks.items()}
    dest.write_text(json.dumps(part))
    return dest
