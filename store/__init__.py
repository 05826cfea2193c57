"""The durable memory, and the only room with SQL; SQLite or PostgreSQL by the same statements.

Importing the room puts the tables of all its files on the one MetaData.
"""

from store.tables import access as access_tables
from store.tables import desk as desk_tables
from store.tables import draft as draft_tables
from store.tables import figure as figure_tables
from store.tables import halt as halt_tables
from store.tables import mark as mark_tables
from store.tables import mark_figure as mark_figure_tables
from store.tables import reading as reading_tables
from store.tables import rights as rights_tables
from store.tables import ruleset as ruleset_tables
from store.tables import sweep as sweep_tables
from store.tables import text as text_tables
from store.tables import thread as thread_tables
from store.tables import trial as trial_tables

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
