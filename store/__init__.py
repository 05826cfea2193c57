"""The durable memory, and the only room with SQL; SQLite or PostgreSQL by the same statements."""

from store import sweep_tables as _sweep_tables

__all__ = ["_sweep_tables"]
