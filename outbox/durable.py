"""Files that are really there when a call returns: written, synced, and only then visible.

Source: POSIX.1-2017 fsync() and rename(); a new name is durable only after its folder is synced.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and sync its bytes; its name becomes durable with `sync_folder`.

    Raises: OSError: also where the file exists already.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names made, renamed or removed in `folder` durable. Raises: OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_folder(path: Path) -> bool:
    """Remove a folder of plain files; False if it is not there. Idempotent. Raises: OSError."""
    if not path.is_dir():
        return False
    for file in path.iterdir():
        file.unlink(missing_ok=True)
    path.rmdir()
    sync_folder(path.parent)
    return True


def remove_file(path: Path) -> bool:
    """Remove a file; False if it is not there. Idempotent. Raises: OSError."""
    if not path.exists():
        return False
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def publish_file(path: Path, data: bytes, *, by_way_of: Path) -> None:
    """Let `path` appear with all its bytes at once; `by_way_of` is a free name on the same disk.

    What a crash left at `by_way_of` is overwritten, and so is `path`. Where it fails, nothing is
    left there: on a full disk it would take the room of the next try. Raises: OSError.
    """
    by_way_of.unlink(missing_ok=True)
    try:
        write_synced(by_way_of, data)
        by_way_of.replace(path)
    except OSError:
        with suppress(OSError):
            by_way_of.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def clear_folder(path: Path) -> None:
    """Remove a folder of plain files, if it is there. Raises: OSError: a folder lies in it."""
    if path.exists():
        for left in path.iterdir():
            left.unlink()
        path.rmdir()


def build_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Make a new folder of these files, all synced; nothing is left of it where that fails.

    Raises: OSError: also if it is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir()
    try:
        for name, data in files.items():
            write_synced(path / name, data)
        sync_folder(path)
    except OSError:
        with suppress(OSError):
            clear_folder(path)
        raise
