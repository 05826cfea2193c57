"""Folder permissions of one Exchange mailbox: read in bulk, written one folder at a time.

Source: EWS reference (GetFolder, UpdateFolder, ExpandDL); own decisions 0038, 0039.
"""

from collections.abc import Mapping, Sequence

from exchangelib.errors import ErrorNameResolutionNoResults

from ingest.exchange import calls
from ingest.exchange.errors import translated
from ingest.exchange.folders import FolderTree, Under, read_tree
from ingest.exchange.line import ExchangeLine
from ingest.exchange.permissions import changed, entries_in, members_in, permissions_in
from ingest.exchange.wire import ExchangeAccount
from ingest.login_gate import LoginGate
from rules.errors import Refused
from rules.rights.distribution import Member
from rules.rights.folder_acl import FolderAcl, Naming, Principal
from rules.rights.folder_levels import Rights

_FOLDERS_AT_ONCE = 100
"""Folders in one GetFolder. Source: own decision 0038."""

LEFT_OUT = "postbox.no_right"
"""Why permissions are unknown where the server leaves them out of its answer.

Source: EWS reference, PermissionSet: shown to the folder's owner and to full access only.
"""


class ExchangeRights:
    """Driver of the port `FolderRights` for Exchange. Connects at the first call; one thread."""

    naming = Naming.ADDRESS

    def __init__(
        self,
        name: str,
        account: ExchangeAccount,
        *,
        under: Under = "inbox",
        gate: LoginGate | None = None,
    ) -> None:
        self.name = name
        self._account = account
        self._line = ExchangeLine(account, gate or LoginGate())
        self._under = under
        self._tree: FolderTree | None = None

    def folders(self) -> tuple[str, ...]:
        """All mail folders, INBOX included, sorted, fresh. Raises: TryLater, Refused."""
        self._tree = self._line.read(lambda opened: read_tree(opened, self._under))
        return self._tree.names()

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        """The permissions of these folders, in that order; what can't be read says why.

        Raises: TryLater, Refused: the server as a whole is away or refuses the login.
        """
        found: list[FolderAcl] = []
        for start in range(0, len(folders), _FOLDERS_AT_ONCE):
            found += self._read_some(folders[start : start + _FOLDERS_AT_ONCE])
        return tuple(found)

    def write(self, folder: str, wanted: Mapping[Principal, Rights]) -> None:
        """Give these accounts these rights; all others keep what they have, as it was said.

        Exchange replaces the whole set, so it is read raw, changed and put back. Not repeated:
        the caller reads again and compares. Raises: Refused, TryLater.
        """
        folder_id = self._existing(folder)
        (answer,) = self._line.read(lambda opened: calls.permission_sets(opened, [folder_id]))
        if isinstance(answer, Exception):
            raise translated(answer, self._account.where)
        if entries_in(answer) is None:
            raise Refused(
                LEFT_OUT,
                f"{self._account.where} does not show the permissions of {folder!r}: give the"
                " account full access to the mailbox.",
                folder=folder,
            )
        permissions = changed(permissions_in(answer), wanted)
        with self._line.talk() as opened:
            calls.replace_permissions(opened, folder_id, permissions=permissions)

    def members(self, address: str) -> tuple[Member, ...] | None:
        """Who stands on the list itself; None if it is no list that this server can open.

        Raises: TryLater, Refused: the list is longer than the server shows at once
        (`rights.list_too_long`).
        """
        try:
            answer = self._line.read(lambda opened: calls.list_members(opened, address))
        except Refused as exc:
            if isinstance(exc.__cause__, ErrorNameResolutionNoResults):
                return None
            raise
        members, is_whole = members_in(answer)
        if not is_whole:
            raise Refused(
                "rights.list_too_long",
                "The server shows only a part of the list: import its members as CSV.",
            )
        return members

    def close(self) -> None:
        """Close the connection; never raises."""
        self._line.close()

    def _read_some(self, folders: Sequence[str]) -> list[FolderAcl]:
        ids = {folder: self._find(folder) for folder in folders}
        known = [folder for folder in folders if ids[folder]]
        answers = self._line.read(
            lambda opened: (
                calls.permission_sets(opened, [ids[folder] for folder in known]) if known else []
            )
        )
        self._line.require_unbusy(answers)
        read = dict(zip(known, answers, strict=True))
        return [self._acl(folder, read.get(folder)) for folder in folders]

    def _acl(self, folder: str, answer: object) -> FolderAcl:
        if answer is None:
            return FolderAcl(folder, unreadable="postbox.folder_missing")
        if isinstance(answer, Exception):
            return FolderAcl(folder, unreadable=translated(answer, self._account.where).code)
        entries = entries_in(answer)
        return (
            FolderAcl(folder, unreadable=LEFT_OUT)
            if entries is None
            else FolderAcl(folder, entries)
        )

    def _find(self, folder: str) -> str:
        if self._tree is None or not self._tree.find(folder):
            self.folders()
        return self._tree.find(folder) if self._tree else ""

    def _existing(self, folder: str) -> str:
        folder_id = self._find(folder)
        if not folder_id:
            raise Refused(
                "postbox.folder_missing",
                f"Postbox {self.name!r} has no folder {folder!r}: look whether it was renamed.",
                folder=folder,
            )
        return folder_id
