"""Lays a made-up region into real peers: the Exchange simulator, Dovecot, a Maildir tree."""

from pathlib import Path

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.rights.folder_acl import DEFAULT
from rules.rights.folder_levels import Level, level_of, to_letters
from tests.rights_world import World
from tests.servers.exchange_store import LEVELS, Grant, Mailbox


def into_exchange(world: World, mailbox: Mailbox) -> None:
    for path, entries in sorted(world.acls.items()):
        folder = mailbox.folder(path)
        folder.grants = [Grant.of("Default", "None"), Grant.of("Anonymous", "None")]
        folder.hides_grants = path in world.unreadable
        for entry in entries.values():
            who = "Default" if entry.principal == DEFAULT else entry.principal.key
            if entry.rights is None:
                folder.grants.append(Grant(who, "Custom"))
                continue
            level = level_of(entry.rights)
            assert level is not Level.CUSTOM
            folder.grants = [one for one in folder.grants if one.who != who]
            folder.grants.append(Grant(who, level.value, LEVELS[level.value]))


def acl_file(world: World, path: str) -> str:
    """The file `dovecot-acl` of a folder."""
    lines = ["# von Hand, 2020"]
    for entry in world.acls[path].values():
        key = entry.principal.key
        named = "anyone" if entry.principal == DEFAULT else f"user={key}"
        named = f"group={key[1:]}" if key.startswith("$") else named
        if entry.rights is None:
            lines.append(f"-{named} lr")
        elif entry.rights:
            lines.append(f"{named} {to_letters(entry.rights)}")
    return "\n".join(lines) + "\n"


def into_maildir(world: World, root: Path) -> None:
    box = MaildirPostbox("mitte", root)
    for path in sorted(world.acls):
        if path != "INBOX":
            box.ensure_folder(path)
        file = (root if path == "INBOX" else root / path) / "dovecot-acl"
        file.unlink(missing_ok=True)  # taken over from the folder above
        if path in world.unreadable:
            file.mkdir()
        else:
            file.write_text(acl_file(world, path))


def into_dovecot(world: World, root: Path) -> None:
    create_tree(root)
    box = MaildirPostbox("mitte", root)
    for path in sorted(world.acls):
        if path != "INBOX":
            box.ensure_folder(path)
        file = (root if path == "INBOX" else root / path) / "dovecot-acl"
        # Whose own right to administer is gone may not read the others' rights.
        file.write_text("owner lrws\n" if path in world.unreadable else acl_file(world, path))
