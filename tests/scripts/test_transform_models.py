"""The staging models of the dbt package are those that the tap's streams declare."""

from __future__ import annotations

import transform_models


def test_the_models_are_what_the_tap_declares() -> None:
    for path, text in transform_models.files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make refresh"


def test_every_model_and_column_is_described() -> None:
    for name, stream in transform_models.streams().items():
        described = transform_models.model_properties(name, stream)
        assert described["description"]
        names = [column["name"] for column in described["columns"]]
        assert len(names) == len(set(names)), name
        assert all(column["description"] for column in described["columns"])
        assert all(len(each) <= 63 for each in names), "PostgreSQL cuts longer names off"
