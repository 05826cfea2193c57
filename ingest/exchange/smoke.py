"""Seven facts about a real Exchange server that our simulator only assumes; nothing is written.

Each is looked up by reading alone; what only a write could show is said to be open. No part of a
mail is kept or told but sizes and whether two readings are the same.
Source: own decision 0034 ("never run against a real server"); docs/exchange.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from exchangelib import Account
from exchangelib.errors import ErrorServerBusy, EWSError

from ingest.exchange import calls
from ingest.exchange.errors import BUSY, exchange_errors
from ingest.exchange.folders import Under, read_tree
from ingest.exchange.permissions import entries_in, permissions_in
from ingest.exchange.wire import ExchangeAccount, connect, disconnect
from ingest.exchange.xml import TYPES, Item, Mime
from ingest.login_gate import Quiet
from rules.errors import HouseError

MAILS_READ: Final = 5
"""How many mails of the inbox are read twice. Source: own decision 0034."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was looked up. `holds` None: not to be seen by reading, or not seen."""

    name: str
    holds: bool | None
    found: str


def look(account: ExchangeAccount, *, under: Under = "inbox") -> tuple[Fact, ...]:
    """The seven facts, in order. One that can't be looked up says why; the others go on.

    Raises: Refused, TryLater: the mailbox as a whole can't be opened.
    """
    opened = connect(account)
    try:
        with exchange_errors(account.where):
            inbox = calls.default_folder(opened, "inbox")
            page = calls.changes(opened, inbox, state="")
        items = page.present[:MAILS_READ]
        facts = [
            ("Rechte eines Ordners", lambda: _permissions(opened, under)),
            ("MIME zweimal gelesen", lambda: _mime_twice(opened, items)),
            ("Suchschlüssel", lambda: _search_keys(opened, items)),
            ("Suche nach Suchschlüssel", lambda: _found_by_key(opened, inbox, items)),
            ("Verdorbener Sync-Stand", lambda: _broken_state(opened, inbox)),
            ("Reihenfolge einer Seite", lambda: _order(page.present)),
        ]
        quiet = Quiet()
        seen = [_looked_up(name, fact, quiet=quiet, where=account.where) for name, fact in facts]
    finally:
        disconnect(opened)
    return (*(fact for fact, _ in seen), _throttled([code for _, code in seen]))


def _looked_up(
    name: str, fact: Callable[[], tuple[bool | None, str]], *, quiet: Quiet, where: str
) -> tuple[Fact, HouseError | None]:
    """One fact, or the error that kept it from being looked up; a busy server is left alone."""
    try:
        quiet.require_over()
        with exchange_errors(where):
            holds, found = fact()
    except HouseError as exc:
        if exc.code == BUSY:
            quiet.heed(exc)
        return Fact(name, None, f"nicht zu ermitteln ({exc.code})"), exc
    return Fact(name, holds, found), None


def _permissions(opened: Account, under: Under) -> tuple[bool | None, str]:
    tree = read_tree(opened, under)
    folder_id = next((key for name, key in tree.known.values() if name != "INBOX"), tree.root_id)
    (answer,) = calls.permission_sets(opened, [folder_id])
    if isinstance(answer, Exception):
        raise answer
    entries = entries_in(answer)
    if entries is None:
        return False, "PermissionSet fehlt in der Antwort: dem Dienstkonto fehlt Vollzugriff"
    unknown = sum(entry.rights is None for entry in entries)
    flags = sum(one.find(f"{TYPES}CanCreateItems") is not None for one in permissions_in(answer))
    found = f"{len(entries)} Einträge, davon {flags} mit Einzelrechten, {unknown} nicht zu deuten"
    return unknown == 0, found


def _mime_twice(opened: Account, items: tuple[Item, ...]) -> tuple[bool | None, str]:
    if not items:
        return None, "keine Mail im Posteingang"
    ids = [item.id for item in items]
    first, second = _mimes(opened, ids), _mimes(opened, ids)
    same = sum(not isinstance(a, Exception) and a == b for a, b in zip(first, second, strict=True))
    return same == len(ids), f"{same} von {len(ids)} Mails Byte für Byte gleich"


def _mimes(opened: Account, ids: list[str]) -> list[Mime | Exception]:
    """As they came. Raises: ErrorServerBusy: the server has enough for now."""
    answers = calls.mimes(opened, ids)
    for busy in (one for one in answers if isinstance(one, ErrorServerBusy)):
        raise busy
    return answers


def _search_keys(opened: Account, items: tuple[Item, ...]) -> tuple[bool | None, str]:
    if not items:
        return None, "keine Mail im Posteingang"
    read = _mimes(opened, [item.id for item in items])
    same = sum(
        bool(item.key) and not isinstance(one, Exception) and one[0] == item.key
        for item, one in zip(items, read, strict=True)
    )
    found = f"{same} von {len(items)} beim Abgleich und beim Lesen gleich"
    return same == len(items), f"{found}; über ein Verschieben hinweg nur mit Schreiben zu sehen"


def _found_by_key(opened: Account, inbox: str, items: tuple[Item, ...]) -> tuple[bool | None, str]:
    keyed = [item for item in items if item.key]
    if not keyed:
        return None, "keine Mail mit Suchschlüssel"
    ids = calls.find_by_key(opened, inbox, key=keyed[0].key)
    is_there = keyed[0].id in ids
    return is_there, f"{len(ids)} Treffer, die Mail {'war' if is_there else 'war nicht'} dabei"


def _broken_state(opened: Account, inbox: str) -> tuple[bool | None, str]:
    try:
        calls.changes(opened, inbox, state="a2FwdXR0")
    except EWSError as exc:
        name = type(exc).__name__
        return name == "ErrorInvalidSyncStateData", f"Antwort {name}"
    return False, "der Server nahm ihn an"


def _order(items: tuple[Item, ...]) -> tuple[bool | None, str]:
    times = [item.received_at for item in items]
    if len(set(times)) < 2:
        told = f"{len(items)} Mails, alle zur selben Sekunde eingegangen"
        return None, told if items else "keine Mail im Posteingang"
    if times == sorted(times):
        return True, f"{len(times)} Mails, älteste zuerst"
    newest_first = times == sorted(times, reverse=True)
    return True, f"{len(times)} Mails, {'neueste zuerst' if newest_first else 'ungeordnet'}"


def _throttled(errors: list[HouseError | None]) -> Fact:
    """Not provoked: a smoke test doesn't load somebody's server."""
    busy = [one for one in errors if one is not None and one.code == "postbox.busy"]
    if not busy:
        return Fact("Gedrosselte Antwort", None, "in diesem Lauf nicht gesehen")
    wait = busy[0].details.get("back_off_seconds", 0)
    return Fact("Gedrosselte Antwort", bool(wait), f"genannte Wartezeit {wait} s")
