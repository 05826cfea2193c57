"""What Alembic runs for every command; called by store.upkeep.migrate with an open transaction."""

from alembic import context

from store.database.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
