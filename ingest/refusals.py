"""What drivers without numbered folders refuse alike: a folder or an epoch that isn't theirs."""

from rules.errors import Conflict, Refused


def folder_missing(postbox: str, folder: str) -> Refused:
    """The refusal `postbox.folder_missing` of work on a folder that is not there."""
    return Refused(
        "postbox.folder_missing",
        f"Postbox {postbox!r} has no folder {folder!r}: create it or correct the rule.",
        postbox=postbox,
        folder=folder,
    )


def require_epoch(postbox: str, folder: str, epoch: str, *, ours: str) -> None:
    """Raises: Conflict: `postbox.epoch_changed`: the places are of another kind of postbox."""
    if epoch != ours:
        raise Conflict(
            "postbox.epoch_changed",
            f"Folder {folder!r} of postbox {postbox!r} was known under epoch {epoch!r} of"
            " another kind of postbox: read the folder anew.",
            folder=folder,
            epoch=epoch,
        )
