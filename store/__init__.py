"""The durable memory, and the only room with SQL; SQLite or PostgreSQL by the same statements."""
