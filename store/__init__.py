"""The durable memory, and the only room with SQL; SQLite or PostgreSQL by the same statements.

Importing the room puts the tables of all its files on the one MetaData.
"""

from store import (
    access_tables,
    desk_tables,
    draft_tables,
    figure_tables,
    halt_tables,
    mark_figure_tables,
    mark_tables,
    reading_tables,
    rights_tables,
    ruleset_tables,
    sweep_tables,
    text_tables,
    thread_tables,
    trial_tables,
)

__all__ = [
    "access_tables",
    "desk_tables",
    "draft_tables",
    "figure_tables",
    "halt_tables",
    "mark_figure_tables",
    "mark_tables",
    "reading_tables",
    "rights_tables",
    "ruleset_tables",
    "sweep_tables",
    "text_tables",
    "thread_tables",
    "trial_tables",
]
