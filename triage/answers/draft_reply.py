"""Answers that a person lays into a folder of the postbox, from Outlook, instead of the desk.

What leaves is never the draft: it is compared word by word with the approved texts, and where it is
one of them, that text is ordered as at the desk. The order is durable before the draft is touched,
and the draft goes when the answer has left; a different one stays and says why at its item.
Source: Weisung 202404002 no. 3; own decision 0097.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import structlog

from ingest.parse import parse
from rules.errors import Refused
from rules.mail import ParsedMail
from rules.postbox import Fetched, FolderView, Place, TooLarge
from rules.texts import draft_words
from store.acts import reply_drafts
from store.acts.reply_drafts import DraftState, NewDraft, ReplyDraft
from store.database.engine import Tx
from store.processes import halts, leases
from store.processes.leases import Lease
from store.sending import outgoing
from store.trail import audit
from triage.answers import draft_decision
from triage.answers.draft_decision import Found
from triage.house import House
from triage.marks.outlook_correction import OUTLOOK
from triage.ports import Postbox
from triage.postboxes import modes

BATCH = 20
"""Drafts read in one round, so that new mail is not kept waiting. As sent_copy.BATCH."""

RESTORED: Final = "draft.restored"
"""Why a draft is held back after a restore. Own decision 0071."""

log = structlog.get_logger()


def look(house: House, box: Postbox, lease: Lease) -> int:
    """Take what lies in the folder, under the lease of the postbox; the number ordered now.

    Idempotent. Raises: TryLater: the postbox is away. Conflict: `lease.lost`.
    """
    folder = house.policy.drafts_folder
    if not folder or not _may_take(house, box.name):
        return 0
    view = _view(house, box, folder)
    with house.db.read() as tx:
        known = reply_drafts.of_folder(tx, box.name, folder)
    here = {(view.epoch, uid) for uid in view.uids}
    gone = [one.id for one in known if (one.epoch, one.uid) not in here]
    if gone:
        with house.db.write() as tx:
            reply_drafts.forget(tx, gone, lease=lease, now=house.clock())
    there = {
        one.uid: _close(house, box, lease, one) for one in known if (one.epoch, one.uid) in here
    }
    return _take_due(house, box, lease, view, there)


def hold_back(house: House, box: Postbox, lease: Lease) -> int:
    """After a restore: what lies in the folder may have been sent since the backup; how many.

    Each stays until a person lays it there anew. What the restored rows say is ordered goes as
    they say. Raises: as `look`.
    """
    folder, held = house.policy.drafts_folder, 0
    if not folder or folder not in box.folders():
        return 0
    view = box.view(folder)
    with house.db.read() as tx:
        known = reply_drafts.of_folder(tx, box.name, folder)
    ordered = {one.uid for one in known if one.epoch == view.epoch and one.outgoing_id is not None}
    there = tuple(uid for uid in view.uids if uid not in ordered)
    for start in range(0, len(there), BATCH):
        for mail in box.fetch(folder, view.epoch, there[start : start + BATCH]):
            _hold_back(house, box.name, lease, mail)
            held += 1
    return held


def _hold_back(house: House, postbox: str, lease: Lease, mail: Fetched | TooLarge) -> None:
    said = parse(mail.kept, house.layouts)
    with house.db.write() as tx:
        item = draft_decision.answered(tx, postbox, said)
        found = Found(DraftState.REFUSED, RESTORED, item=item)
        draft = _noted(postbox, mail.place, _digest(said), found)
        reply_drafts.note(tx, draft, lease=lease, now=house.clock())
        _tell(house, tx, found)


def _may_take(house: House, postbox: str) -> bool:
    """Only where answers leave at all: mode `full`, and nothing is stopped."""
    with house.db.read() as tx:
        return modes.sends(house, tx, postbox) and halts.may_write(tx, postbox)


def _view(house: House, box: Postbox, folder: str) -> FolderView:
    try:
        return box.view(folder)
    except Refused:
        if house.policy.create_folders:
            box.ensure_folder(folder)
        return FolderView(folder, "", ())


def _take_due(
    house: House, box: Postbox, lease: Lease, view: FolderView, there: Mapping[str, ReplyDraft]
) -> int:
    """New drafts, and those that were refused or waited and may have become good since."""
    pause = timedelta(seconds=house.policy.look_seconds)
    new = [uid for uid in view.uids if uid not in there]
    again = [one for one in there.values() if one.seen_at + pause <= house.clock()]
    longest = [one.uid for one in sorted(again, key=lambda one: (one.seen_at, one.id))]
    due = tuple([*new, *longest][:BATCH])
    ordered = 0
    for mail in box.fetch(view.folder, view.epoch, due) if due else ():
        before = there.get(mail.place.uid)
        was_ordered = before is not None and before.state == DraftState.ORDERED
        found = _take(house, box.name, lease, mail, before)
        ordered += found.state is DraftState.ORDERED and not was_ordered
    return ordered


def _take(
    house: House, postbox: str, lease: Lease, mail: Fetched | TooLarge, before: ReplyDraft | None
) -> Found:
    """One draft in one commit: the order, and what became of the draft."""
    said, shelf = parse(mail.kept, house.layouts), house.shelf()
    is_known = before is not None and _is_same(before, mail, said)
    with house.db.write() as tx:
        if before and is_known and before.code == RESTORED:
            item = draft_decision.item_of(tx, before.item_id)
            found = Found(DraftState.REFUSED, RESTORED, item=item)
        elif isinstance(mail, TooLarge):
            found = Found(DraftState.REFUSED, "draft.too_large")
        elif before and is_known and before.outgoing_id is not None:
            found = draft_decision.of_order(tx, before.item_id, before.text_id, before.outgoing_id)
            if found.state == before.state == DraftState.ORDERED:
                found = replace(found, code=before.code)
        else:
            found = draft_decision.decide(house, tx, postbox, said, shelf)
        draft = _noted(postbox, mail.place, _digest(said), found)
        reply_drafts.note(tx, draft, lease=lease, now=house.clock())
        if before is None or not is_known or before.code != found.code:
            _tell(house, tx, found)
    return found


def _digest(draft: ParsedMail) -> str:
    """Of all that `decide` reads: a server may make the bytes anew each time it gives them."""
    words = draft_words.written(draft.body)
    to = sorted(set(draft.recipients))
    loose = sum(not one.inline for one in draft.attachments)
    read = (draft.in_reply_to, to, draft.header("bcc"), words, loose)
    return sha256(repr(read).encode()).hexdigest()


def _is_same(draft: ReplyDraft, mail: Fetched | TooLarge, said: ParsedMail) -> bool:
    """Whether it says what it said. Older rows know the draft by its bytes."""
    return draft.sha256 in {_digest(said), sha256(mail.kept).hexdigest()}


def _noted(postbox: str, place: Place, digest: str, found: Found) -> NewDraft:
    places: list[dict[str, Any]] = [asdict(one) for one in found.places]
    return NewDraft(
        postbox=postbox,
        folder=place.folder,
        epoch=place.epoch,
        uid=place.uid,
        sha256=digest,
        state=found.state,
        code=found.code,
        text_id=found.text_id,
        places=places,
        item_id=found.item.id if found.item else None,
        outgoing_id=found.outgoing_id,
    )


def _tell(house: House, tx: Tx, found: Found) -> None:
    """Log and trail; of a draft that was ordered the order tells."""
    item = found.item.id if found.item else None
    log.info("draft.taken", state=found.state.value, code=found.code, item=item)
    if found.item is None or found.state is not DraftState.REFUSED:
        return
    audit.add(
        tx,
        OUTLOOK,
        action="draft.refused",
        subject=f"message:{found.item.message_id}",
        details={"item": item, "text": found.text_id, "code": found.code},
        at=house.clock(),
    )


def _close(house: House, box: Postbox, lease: Lease, draft: ReplyDraft) -> ReplyDraft:
    """Take the draft of an answer that has left out of the folder, as a mail program does.

    Where that is refused, the draft says so, and the log once.

    Only where it says what was compared; another one is read anew. A cut removal is repeated.
    Raises: TryLater. Conflict: `lease.lost`.
    """
    if draft.state != DraftState.ORDERED or draft.outgoing_id is None:
        return draft
    with house.db.read() as tx:
        has_left = outgoing.get(tx, draft.outgoing_id).sent_at is not None
    if not has_left:
        return draft
    leases.require_time(lease, now=house.clock())
    try:
        mail = next(box.fetch(draft.folder, draft.epoch, (draft.uid,)), None)
        if mail is not None and _is_same(draft, mail, parse(mail.kept, house.layouts)):
            box.remove(draft.place, sha256(mail.kept).hexdigest())
    except Refused as exc:
        if draft.code != exc.code:
            log.warning("draft.not_removed", item=draft.item_id, code=exc.code)
            with house.db.write() as tx:
                reply_drafts.stays(tx, draft.id, code=exc.code, lease=lease, now=house.clock())
        return replace(draft, code=exc.code)
    return draft
