"""Tests that load an account into warehouses, by the targets that Meltano's hub lists for them."""
