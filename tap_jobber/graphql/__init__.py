"""The types the tap reads, and what is derived from them: selection, JSON Schema, price."""
