"""The settings: JSON Schema, environment, validation, and the typed value that the tap reads."""
