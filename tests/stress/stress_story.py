"""What was done with mails that are not accounted for: where every search for a reason begins."""

import sqlalchemy as sa

from store.database.engine import Database
from store.tables.ledger import op, sighting
from store.trail import audit
from tests.stress.stress_proof import Findings, Lying, Row
from tests.stress.stress_truth import Sent, Truth

MOST = 5


def stories(
    db: Database, truth: Truth, found: Findings, lying: list[Lying], rows: dict[int, Row]
) -> list[str]:
    """Of the first wrong mails: deliveries, acts, copies on the server, rows with their trail."""
    tokens = dict.fromkeys(token for kind in found.wrong.values() for token in kind)
    sent = {one.token: one for one in truth.mails()}
    lines: list[str] = []
    for token in [token for token in tokens if token in sent][:MOST]:
        lines += _outside(sent[token], [mail for mail in lying if mail.token == token])
        for row in rows.values():
            if row.token == token:
                lines += _inside(db, row)
    return lines


def _outside(sent: Sent, lying: list[Lying]) -> list[str]:
    return [
        f"{sent.token}: by {sent.way}, accepted {sent.accepted}, doubtful {sent.doubtful}",
        *(
            f"  {'copied' if a.keeps_source else 'moved'}: {a.source} → {a.target}"
            for a in sent.acts
        ),
        *(f"  lies: {mail.place}" for mail in lying),
    ]


def _inside(db: Database, row: Row) -> list[str]:
    with db.read() as tx:
        told = audit.of_subject(tx, f"message:{row.id}")
        places = tx.run(sa.select(sighting).where(sighting.c.message_id == row.id)).all()
        acts = tx.run(sa.select(op).where(op.c.message_id == row.id).order_by(op.c.id)).all()
    return [
        f"  row {row.id}, {row.state}",
        *(f"    place: {p.folder} {p.epoch} {p.uid}, {p.state}" for p in places),
        *(f"    op {o.id}: {o.src_folder} {o.src_uid} → {o.dst_folder}, {o.state}" for o in acts),
        *(f"    {entry.at:%H:%M:%S} {entry.action} {dict(entry.details)}" for entry in told),
    ]
