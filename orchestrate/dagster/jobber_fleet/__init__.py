"""A Dagster code location that copies many Jobber accounts, each into a schema of its own."""
