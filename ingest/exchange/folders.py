"""Folders of an Exchange mailbox under the names that people use ("435 Kassel/AU").

Mail folders only; the mailbox's own ones (drafts, deleted items and their like) with all that
lies below them are left out. Exchange doesn't tell "a" from "A", so neither is told apart here.
Source: EWS reference (FindFolder, "DistinguishedFolderId"); own decision 0033.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from exchangelib import Account
from exchangelib.errors import ErrorFolderExists

from ingest.exchange.calls import create_folder, default_folder, folders_below
from ingest.exchange.xml import FolderFact
from ingest.folder_names import INBOX, SEPARATOR, levels, name_refused, parents_first
from rules.errors import Refused

FRESH_SECONDS = 30.0
"""So old may our picture of the folders be: a removed folder keeps its id, in the deleted items,
and mail could still be moved there. Source: own decision 0033."""

Under = Literal["inbox", "top"]
_ROOTS = {"inbox": "inbox", "top": "msgfolderroot"}
_MAIL = "IPF.Note"


@dataclass(frozen=True, slots=True)
class FolderTree:
    """All mail folders: human name and id by the name without case. `read_at` is monotonic.

    `others` are those that people's names don't lead to, by id of the parent and name without case.
    """

    under: Under
    root_id: str
    known: dict[str, tuple[str, str]]
    read_at: float
    others: frozenset[tuple[str, str]] = frozenset()

    def names(self) -> tuple[str, ...]:
        """Sorted, INBOX included."""
        return tuple(sorted(name for name, _ in self.known.values()))

    def by_id(self) -> dict[str, str]:
        """Human names by id."""
        return {folder_id: name for name, folder_id in self.known.values()}

    def find(self, folder: str) -> str:
        """Id of a folder, or an empty string. Raises: Refused: `postbox.folder_name`."""
        return self.known.get(_without_case(folder, self.under), ("", ""))[1]

    def is_fresh(self) -> bool:
        """Whether it may be used without asking anew."""
        return time.monotonic() - self.read_at < FRESH_SECONDS


def read_tree(account: Account, under: Under) -> FolderTree:
    """The folders now. Raises: as exchangelib."""
    inbox_id = default_folder(account, "inbox")
    root_id = inbox_id if under == "inbox" else default_folder(account, _ROOTS[under])
    children: dict[str, list[FolderFact]] = {}
    for fact in folders_below(account, root_id):
        children.setdefault(fact.parent_id, []).append(fact)
    known = {INBOX.casefold(): (INBOX, inbox_id)}
    others = set()
    waiting = [(root_id, "")]
    while waiting:
        parent_id, prefix = waiting.pop()
        for fact in children.get(parent_id, ()):
            name = _human_name(fact, prefix)
            if name is not None:
                known.setdefault(name.casefold(), (name, fact.id))
                waiting.append((fact.id, name + SEPARATOR))
            else:
                others.add((fact.parent_id, fact.name.casefold()))
    return FolderTree(under, root_id, known, time.monotonic(), frozenset(others))


def make_folder(account: Account, tree: FolderTree, folder: str) -> bool:
    """Make `folder` with its parents; True if it was made by this call. The tree is old then.

    Raises: Refused: `postbox.folder_name`; `postbox.no_right`: it is there and not shown to us.
    Else as exchangelib.
    """
    parent_id, made = tree.root_id, False
    for level in parents_first(folder):
        made = False
        folder_id = tree.find(level)
        if not folder_id:
            name = level.rpartition(SEPARATOR)[2]
            with suppress(ErrorFolderExists):  # somebody was faster
                create_folder(account, parent_id, name=name)
                made = True
            tree = read_tree(account, tree.under)
            folder_id = tree.find(level)
            if not folder_id:
                is_hidden = not made and (parent_id, name.casefold()) not in tree.others
                raise _not_to_be_had(level, is_hidden=is_hidden)
        parent_id = folder_id
    return made


def _not_to_be_had(folder: str, *, is_hidden: bool) -> Refused:
    if is_hidden:
        return Refused(
            "postbox.no_right",
            f"Exchange says that {folder!r} exists, and does not show it: the account lacks the"
            " right to see that folder. Give it full access to the mailbox.",
            folder=folder,
        )
    return Refused(
        "postbox.folder_name",
        f"Exchange keeps {folder!r} under another name, or as no mail folder: choose another name"
        " in the folder rules, or look in the mailbox.",
        folder=folder,
    )


def _without_case(folder: str, under: Under) -> str:
    parts = levels(folder)
    if parts[0].startswith("~"):  # the other drivers can't have it; rules must mean one folder
        raise name_refused(folder, "begins with '~'")
    if under == "inbox" and len(parts) > 1 and parts[0].upper() == INBOX:
        parts = parts[1:]
    return SEPARATOR.join(parts).casefold()


def _human_name(fact: FolderFact, prefix: str) -> str | None:
    """The whole name; None for a folder that is not ours to see or that no name leads to."""
    if fact.distinguished == "inbox":
        return INBOX
    is_mail = not fact.kind or fact.kind == _MAIL or fact.kind.startswith(f"{_MAIL}.")
    if fact.distinguished or not is_mail:
        return None
    try:
        is_plain = levels(fact.name) == (fact.name,)
    except Refused:
        return None
    return prefix + fact.name if is_plain and (prefix or fact.name.upper() != INBOX) else None
