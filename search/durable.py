"""Files that a power cut leaves whole: the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file: a new one, synced and renamed, so that a reader sees the old or the new one."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    sync(new)
    new.replace(path)
    sync(path.parent)
