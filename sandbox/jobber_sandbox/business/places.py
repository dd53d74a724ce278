"""Regions with their towns, streets, postal codes and taxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jobber_sandbox.business.chances import likely
from jobber_sandbox.facts import Embedded

if TYPE_CHECKING:
    import random

_LETTERS = "ABCEGHJKLMNPRSTVWXYZ"
CANADA, UNITED_STATES = "CA", "US"
_COUNTRIES = {CANADA: "Canada", UNITED_STATES: "United States"}
_STREETS = (
    "Maple Street", "Oak Avenue", "Cedar Lane", "Elm Street", "Birch Road", "Willow Drive", "Aspen Way", "Spruce Court",
    "Park Avenue", "Hillcrest Drive", "Lakeview Road", "Ridge Road", "Mill Street", "Church Street", "Victoria Avenue",
    "Meadow Lane", "Sunset Boulevard", "Highland Crescent", "River Road", "Garden Street", "King Street",
    "Main Street", "2nd Avenue", "5th Street", "12th Avenue", "Railway Avenue", "Orchard Close", "Heritage Way",
)  # fmt: skip
_SPREAD_DEGREES = 0.03
_MILD = frozenset({"BC", "TX", "WA"})


class Town(NamedTuple):
    """A town: its name, where its postal codes begin, and its middle."""

    name: str
    postal: tuple[str, ...]
    latitude: float
    longitude: float


class Region(NamedTuple):
    """A region in which a business works.

    Attributes:
        province: Province or state.
        country_code: The country.
        zone: The time zone.
        area_code: Of telephone numbers.
        taxes: Names and percentages of the taxes on sales.
        towns: Its towns, the largest first.
    """

    province: str
    country_code: str
    zone: str
    area_code: str
    taxes: tuple[tuple[str, float], ...]
    towns: tuple[Town, ...]

    @property
    def country(self) -> str:
        """The country's name."""
        return _COUNTRIES[self.country_code]

    @property
    def currency(self) -> str:
        """The currency as payouts write it."""
        return "cad" if self.country_code == CANADA else "usd"

    @property
    def has_snow(self) -> bool:
        """True if there is snow to clear in winter."""
        return self.province not in _MILD


REGIONS = (
    Region("AB", CANADA, "America/Edmonton", "780", (("GST", 5.0),), (
        Town("Edmonton", ("T5K", "T5N", "T6E", "T6G", "T6L"), 53.5461, -113.4938),
        Town("St. Albert", ("T8N",), 53.6305, -113.6256),
        Town("Sherwood Park", ("T8A", "T8H"), 53.5412, -113.2957),
    )),
    Region("TX", UNITED_STATES, "America/Chicago", "512", (("Sales tax", 8.25),), (
        Town("Austin", ("787",), 30.2672, -97.7431),
        Town("Round Rock", ("786",), 30.5083, -97.6789),
        Town("Cedar Park", ("786",), 30.5052, -97.8203),
    )),
    Region("ON", CANADA, "America/Toronto", "416", (("HST", 13.0),), (
        Town("Toronto", ("M4C", "M5R", "M6H", "M9B"), 43.6532, -79.3832),
        Town("Mississauga", ("L5B", "L5M"), 43.5890, -79.6441),
        Town("Vaughan", ("L4K", "L6A"), 43.8361, -79.4983),
    )),
    Region("CO", UNITED_STATES, "America/Denver", "303", (("State and city tax", 8.81),), (
        Town("Denver", ("802",), 39.7392, -104.9903),
        Town("Aurora", ("800",), 39.7294, -104.8319),
        Town("Lakewood", ("802",), 39.7047, -105.0814),
    )),
    Region("BC", CANADA, "America/Vancouver", "604", (("GST", 5.0), ("PST", 7.0)), (
        Town("Vancouver", ("V5K", "V6B", "V6K"), 49.2827, -123.1207),
        Town("Burnaby", ("V5C", "V5H"), 49.2488, -122.9805),
        Town("Surrey", ("V3R", "V3W"), 49.1913, -122.8490),
    )),
    Region("MN", UNITED_STATES, "America/Chicago", "612", (("Sales tax", 9.025),), (
        Town("Minneapolis", ("554",), 44.9778, -93.2650),
        Town("Bloomington", ("554",), 44.8408, -93.2983),
        Town("Plymouth", ("554",), 45.0105, -93.4555),
    )),
    Region("NS", CANADA, "America/Halifax", "902", (("HST", 14.0),), (
        Town("Halifax", ("B3H", "B3K", "B3M"), 44.6488, -63.5752),
        Town("Dartmouth", ("B2Y", "B3A"), 44.6652, -63.5677),
    )),
    Region("WA", UNITED_STATES, "America/Los_Angeles", "206", (("Sales tax", 10.25),), (
        Town("Seattle", ("981",), 47.6062, -122.3321),
        Town("Bellevue", ("980",), 47.6101, -122.2015),
    )),
)  # fmt: skip


class Address(NamedTuple):
    """A place in a town."""

    street: str
    unit: str
    town: str
    province: str
    postal_code: str
    country: str
    latitude: float
    longitude: float

    def shown(self, typename: str) -> Embedded:
        """Return it as a type of the schema."""
        latitude, longitude = f"{self.latitude:.5f}", f"{self.longitude:.5f}"
        lines: dict[str, Any] = {
            "city": self.town,
            "country": self.country,
            "name": None,
            "postalCode": self.postal_code,
            "province": self.province,
            "street": f"{self.street}, {self.unit}" if self.unit else self.street,
            "street1": self.street,
            "street2": self.unit,
        }
        if typename == "ClientAddress":
            return Embedded(typename, {**lines, "latitude": latitude, "longitude": longitude})
        point = {
            "latitude": self.latitude,
            "latitudeString": latitude,
            "longitude": self.longitude,
            "longitudeString": longitude,
            "point": f"POINT ({longitude} {latitude})",
        }
        return Embedded(typename, {**lines, "coordinates": point, "geoStatus": "FOUND"})


def address_in(region: Region, chance: random.Random) -> Address:
    """Return some address of a region: more often in its largest town."""
    town = region.towns[min(int(chance.random() ** 1.5 * len(region.towns)), len(region.towns) - 1)]
    return Address(
        street=f"{chance.randrange(10, 9_900)} {chance.choice(_STREETS)}",
        unit=f"Unit {chance.randrange(1, 40)}" if likely(0.1, chance) else "",
        town=town.name,
        province=region.province,
        postal_code=_postal_code(chance.choice(town.postal), chance),
        country=region.country,
        latitude=round(town.latitude + chance.uniform(-_SPREAD_DEGREES, _SPREAD_DEGREES), 5),
        longitude=round(town.longitude + chance.uniform(-_SPREAD_DEGREES, _SPREAD_DEGREES), 5),
    )


def _postal_code(prefix: str, chance: random.Random) -> str:
    if prefix.isdigit():
        return f"{prefix}{chance.randrange(1, 100):02}"
    return f"{prefix} {chance.randrange(10)}{chance.choice(_LETTERS)}{chance.randrange(10)}"
