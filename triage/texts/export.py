"""Approved versions as the files that `store/approved/texts.py` reads: names, bytes, approvals."""

from collections.abc import Sequence

from rules.texts.approved import approval_line
from store.approved.texts import ShelvedText


def files_of(found: Sequence[ShelvedText]) -> dict[str, str]:
    """The text of each file by its name below the folder; of several versions, numbered names."""
    newest = {one.text.id: one.text.version for one in found}
    return {_name(one, newest[one.text.id]): one.data for one in found}


def approvals_of(found: Sequence[ShelvedText]) -> str:
    """approvals.toml for these. Raises: Refused: `text.approval_word`, `text.same_person`."""
    return "".join(
        approval_line(
            one.text,
            sha256=one.sha256,
            author=one.approval.author,
            approved_by=one.approval.approved_by,
            approved_on=one.approval.approved_on,
        )
        for one in found
    )


def _name(one: ShelvedText, newest: int) -> str:
    folder, _, name = one.text.id.partition(".")
    number = "" if one.text.version == newest else f".v{one.text.version}"
    return f"{folder}/{name}{number}.{'txt' if one.text.language is None else 'md'}"
