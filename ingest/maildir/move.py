"""One rename from folder to folder, or in the same one: what moves a mail and what marks it.

Source: maildir(5); rename(2).
"""

from pathlib import Path

from ingest.maildir import disk, keywords
from ingest.maildir.disk import MailFile
from rules.errors import Refused
from rules.marks import keyword
from rules.postbox import MarkChange


def rename(
    source: Path, destination: Path, uid: str, listed: dict[Path, dict[str, MailFile]]
) -> Path | None:
    """Where this very call took the file from; None if it is gone or was renamed meanwhile.

    Flags and keywords stay. `listed` holds the folders that were listed for this set of moves:
    once each is enough. Raises: Refused: `postbox.name_taken`, also where another mail beside it
    has its name. TryLater: `postbox.busy`.
    """
    file = disk.find(source, uid, listed)
    if file is None:
        return None
    if disk.is_twice(source, uid, listed):
        raise disk.named_twice(file.path)
    info = keywords.carried(file.info, source, destination)
    target = destination / "cur" / f"{disk.name_of(file.uid)}:{info}"
    # rename(2) overwrites silently; a mail copied there by hand must not vanish.
    if target.exists():
        if not file.path.exists():
            # Another process moved this very file between our two looks.
            return None
        raise Refused(
            "postbox.name_taken",
            f"{target} exists already: somebody copied the file. Remove one of the two by hand.",
            path=str(target),
        )
    try:
        file.path.rename(target)
    except FileNotFoundError:
        return None
    return file.path


def sync(destination: Path, left: set[Path]) -> None:
    """Make renames durable: first where the mails lie now, then the directories they left."""
    for directory in (destination / "cur", *sorted(left)):
        disk.sync_directory(directory)


def mark(folder: Path, uid: str, change: MarkChange) -> bool:
    """Change the keywords of one file, durably; False if it is gone.

    Twice: somebody may have changed its flags between our look and the rename.
    Raises: Refused: no letter is left (`postbox.no_marks`). TryLater: `postbox.busy`.
    """
    add, remove = ([keyword(name) for name in names] for names in (change.add, change.remove))
    for _ in range(2):
        file = disk.find(folder, uid)
        if file is None:
            return False
        info = keywords.changed(folder, file.info, add=add, remove=remove)
        if info is None:
            raise Refused(
                "postbox.no_marks",
                f"{folder} has 26 keywords already, more have no letter in a Maildir: remove some.",
                path=str(folder),
            )
        if info == (file.info or "2,"):
            return True
        target = folder / "cur" / f"{disk.name_of(file.uid)}:{info}"
        try:
            file.path.rename(target)
        except FileNotFoundError:
            continue
        sync(folder, {file.path.parent})
        return True
    return False
