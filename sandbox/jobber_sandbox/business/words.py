"""Words for what a business does not know itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobber_sandbox.fallback_values import Texts, picked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SENTENCES = (
    "As agreed on the telephone.", "Please confirm by e-mail.", "See the photos.", "Same as last time.",
    "Client is happy with the work.", "Check again next season.",
)  # fmt: skip
_LINKS = ("Uri", "Url")
_CODES = ("Id", "uuid", "Script", "Code")


def _one_of(*words: str) -> Callable[[int], str]:
    return lambda roll: picked(words, roll)


def _sentence(words: Sequence[str]) -> Callable[[int], str]:
    return lambda roll: picked(words, roll)


def _otherwise(field: str) -> Callable[[int], str]:
    """Return the maker of a text for a field, by what its name says."""
    if field.endswith(_LINKS):
        return lambda roll: f"https://app.example.com/{field}/{roll % 1_000_000}"
    if field.endswith("Number"):
        return lambda roll: f"{roll % 10**8:08}"
    if field.endswith(_CODES):
        return lambda roll: f"{field[:3].lower()}-{roll % 10**9:09}"
    return _sentence(_SENTENCES)


_BY_FIELD: Mapping[str, Callable[[int], str]] = {
    "address": lambda roll: f"office{roll % 1_000}@example.com",
    "assignedColor": _one_of("#7DB00E", "#2C5282", "#B83280"),
    "bankName": _one_of("First Bank", "Credit Union", "National Bank"),
    "brand": _one_of("Visa", "Mastercard", "Amex"),
    "color": _one_of("#7DB00E", "#2C5282", "#B83280"),
    "currency": _one_of("cad"),
    "email": lambda roll: f"person{roll % 1_000}@example.com",
    "errorMessage": _one_of("The file could not be read"),
    "expiry": lambda roll: f"{roll % 12 + 1:02}/29",
    "fileName": lambda roll: f"photo-{roll % 1_000}.jpg",
    "friendly": lambda roll: f"(555) 555-0{roll % 100 + 100}",
    "iconColor": _one_of("#7DB00E", "#2C5282", "#B83280"),
    "label": _one_of("Main", "Office", "Mobile"),
    "lastDigits": lambda roll: f"{roll % 10_000:04}",
    "name": _one_of("Standard", "Basic", "Plus"),
    "number": lambda roll: f"5555550{roll % 100 + 100}",
    "phone": lambda roll: f"5555550{roll % 100 + 100}",
    "utmMedium": _one_of("cpc", "organic", "email", "social"),
    "unit": _one_of("ft", "hours"),
    "uuid": lambda roll: f"{roll & 0xFFFFFFFF:08x}-0000-4000-8000-{roll >> 16:012x}",
}
TEXTS = Texts(_BY_FIELD, _otherwise)
