"""The settings: their JSON Schema, the environment, what is wrong with them."""
