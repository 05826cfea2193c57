"""The table of sign-offs by folder, on the metadata of tables.py."""

import sqlalchemy as sa

from store.tables import UtcTime, metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.JSON(none_as_null=True)

rights_folder_signoff = sa.Table(
    "rights_folder_signoff",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("agency", sa.String(3), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("signoff_id", _Id, sa.ForeignKey("rights_signoff.id")),
    sa.Column("round_id", _Id, sa.ForeignKey("rights_round.id")),
    sa.Column("audit_id", _Id, sa.ForeignKey("rights_audit.id"), nullable=False),
    sa.Column("findings", _Json, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("ix_rights_folder_signoff_part", "postbox", "agency", "folder", "id"),
    sa.Index("ix_rights_folder_signoff_whole", "signoff_id"),
)
"""That a person has looked at one folder; an empty folder is what the agency's lists are.

`signoff_id` where the whole agency was signed off at once. Own decision 0081."""
