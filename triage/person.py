"""One person's data: found, handed out (Art. 15 DSGVO), and proposed for deletion (Art. 17).

The export holds real mail: it lies in a folder that only its owner may read, and every read stands
in the trail, without saying whose. Source: Art. 15, 17 DSGVO; § 83, § 84 SGB X; own decision 0054.
"""

import json
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from rules.access import Caller, Permission, require
from rules.errors import HouseError, Refused
from rules.facts import kundennummer
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from rules.sweep import OrderBasis
from store.database.engine import Tx
from store.deletion import holds, persons
from store.desk import items
from store.desk.items import Item
from store.mails import ledger, verdicts
from store.mails.ledger import Message
from store.mails.verdicts import StoredVerdict
from store.sending import outgoing
from store.trail import audit
from triage import person_words
from triage.answers import reply
from triage.house import House
from triage.person_found import Part, Who
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep

SUMS = "SHA256SUMS"


def named(*, number: str = "", address: str = "") -> Who:
    """The person as typed.

    Raises: Refused: `person.who`: neither, or no Kundennummer, or no address.
    """
    normal = kundennummer(number) if number else ""
    given = address.strip().lower()
    if normal is None or (given and given.count("@") != 1) or not (normal or given):
        raise Refused(
            "person.who",
            "Give --kundennummer (three digits, a letter, six digits) or --address (one mail"
            " address).",
        )
    return Who(normal, given)


def find(house: House, caller: Caller, who: Who) -> tuple[int, ...]:
    """The messages of that person in the caller's regions, by number.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.RUN_RETENTION)
    found: set[int] = set()
    if who.address:
        with house.db.read() as tx:
            found.update(persons.by_address(tx, who.address, regions=caller.whole_regions))
    after: int | None = 0
    while who.number and after is not None:
        with house.db.read() as tx:
            page, after = persons.by_kundennummer(
                tx, who.number, after=after, regions=caller.whole_regions
            )
        found |= page
    return tuple(sorted(found))


def look_up(house: House, caller: Caller, who: Who) -> tuple[int, ...]:
    """As `find`, for somebody who is shown the numbers; the trail says so, and not of whom."""
    found = find(house, caller, who)
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="person.looked_up",
            subject="person",
            details={"messages": list(found)},
            at=house.clock(),
        )
    return found


def export(house: House, caller: Caller, who: Who, *, folder: Path, reference: str) -> int:
    """Write all of that person into a new folder, with a German index; how many messages.

    What was deleted already is not there; holds keep nothing back from an export, and are named.
    Raises: Refused: `access.denied`, `person.nothing`, `person.folder`, `sweep.reference`.
    """
    kept = sweep_holds.checked_reference(reference)
    ids = find(house, caller, who)
    if not ids:
        raise Refused("person.nothing", "Nothing is kept of that person any more.")
    _make(folder)
    parts = [_part(house, caller, message_id) for message_id in ids]
    files: dict[str, bytes] = {}
    for part in parts:
        files |= dict(_files(house, part))
    now = house.local_now()
    index = "\n".join(person_words.index(parts, who, reference=kept, now=now, policy=house.policy))
    files["uebersicht.txt"] = (index + "\n").encode()
    files["angaben.json"] = _json(parts)
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    for name, data in (files | {SUMS: sums.encode()}).items():
        _write(folder / name, data)
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="person.exported",
            subject=f"export:{token_hex(4)}",
            details={"mails": len(parts), "reference": kept},
            at=house.clock(),
        )
    return len(parts)


def erase(house: House, caller: Caller, who: Who, *, basis: OrderBasis, reference: str) -> int:
    """Propose to delete all of that person before its period; the number of the deletion run.

    Another person approves (`sweep.approve`). Raises: as `sweep.propose`.
    """
    ids = find(house, caller, who)
    return sweep.propose(house, caller, ids, basis=basis, reference=reference)


def _part(house: House, caller: Caller, message_id: int) -> Part:
    """All of one message; the read stands in the trail, in the same transaction."""
    with house.db.write() as tx:
        row = ledger.message(tx, message_id)
        item = items.of_message(tx, message_id)
        part = Part(
            message=row,
            original=_original(tx, row),
            verdicts=verdicts.history(tx, message_id),
            item=item,
            outgoing=outgoing.of_item(tx, item.id) if item else (),
            trail=audit.of_subject(tx, f"message:{message_id}"),
            holds=holds.of_messages(tx, [message_id]).get(message_id, ()),
        )
        audit.add(
            tx,
            caller.name,
            action="mail.exported",
            subject=f"message:{message_id}",
            details={},
            at=house.clock(),
        )
    return part


def _original(tx: Tx, row: Message) -> bytes | None:
    return None if row.state is LedgerState.DELETED else ledger.original(tx, row.id)


def _files(house: House, part: Part) -> Iterator[tuple[str, bytes]]:
    """The original, and the answers as they left; an answer that can't be made again is told."""
    if part.original is not None:
        yield person_words.mail_file(part.message.id), part.original
    for row in part.outgoing:
        if row.kind == OutgoingKind.REPLY and row.sent_at is not None:
            try:
                yield person_words.reply_file(row.id), reply.letter(house, row).data
            except HouseError as exc:
                told = f"Nicht wiederherstellbar: {exc.code}\n"
                yield f"{person_words.reply_file(row.id)}.txt", told.encode()


def _json(parts: list[Part]) -> bytes:
    told = [
        {
            "message": part.message.id,
            "sha256": part.message.sha256,
            "received_at": part.message.received_at.isoformat(),
            "sender": part.message.sender,
            "subject": part.message.subject,
            "state": part.message.state.value,
            "verdicts": [_verdict(one) for one in part.verdicts],
            "item": _item(part.item),
            "outgoing": [
                {"kind": row.kind, "payload": row.payload, "receipt": row.receipt}
                for row in part.outgoing
            ],
        }
        for part in parts
    ]
    return (json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n").encode()


def _verdict(one: StoredVerdict) -> Mapping[str, object]:
    return {"at": one.at.isoformat(), "source": one.source, "body": one.body}


def _item(item: Item | None) -> Mapping[str, object] | None:
    if item is None:
        return None
    return {"agency": item.agency_code, "note": item.note, "waiver": item.waiver}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError as exc:
        raise Refused(
            "person.folder", f"{folder} is there already; name a new folder, nothing is mixed."
        ) from exc
    except OSError as exc:
        raise Refused("person.folder", f"{folder}: {exc.strerror}; check path and rights.") from exc


def _write(path: Path, data: bytes) -> None:
    """Readable for its owner only. Raises: Refused: `person.folder`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise Refused("person.folder", f"{path}: {exc.strerror}; check rights and space.") from exc
