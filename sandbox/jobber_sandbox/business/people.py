"""Names, mail addresses and telephone numbers of people and companies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

_FIRST_NAMES = (
    "Aaron", "Aisha", "Alejandro", "Amelia", "Andrea", "Anthony", "Beth", "Brian", "Caleb", "Carlos", "Chantal",
    "Chris", "Claire", "Daniel", "Deepak", "Derek", "Diane", "Elena", "Emily", "Eric", "Fatima", "Frank", "Gina",
    "Grace", "Hannah", "Harpreet", "Ian", "Isabelle", "Jack", "James", "Jasmine", "Jean", "Jessica", "Jin", "Joanne",
    "José", "Julia", "Karen", "Kevin", "Kyle", "Laura", "Leah", "Liam", "Linda", "Lucas", "Marc", "Maria", "Mark",
    "Megan", "Michael", "Mohammed", "Nadia", "Natalie", "Nathan", "Nicole", "Noah", "Olivia", "Patrick", "Priya",
    "Rachel", "Renée", "Robert", "Rosa", "Ryan", "Samantha", "Sarah", "Scott", "Shannon", "Simon", "Sofia", "Steven",
    "Susan", "Tanya", "Thomas", "Tyler", "Vanessa", "Victor", "Wei", "William", "Zoe",
)  # fmt: skip
_LAST_NAMES = (
    "Anderson", "Baker", "Bélanger", "Bennett", "Brown", "Campbell", "Carter", "Chan", "Chen", "Clark", "Cooper",
    "Cruz", "Davis", "Diaz", "Dubois", "Edwards", "Evans", "Fischer", "Fraser", "Gagnon", "Garcia", "Gill", "Grant",
    "Green", "Hall", "Harris", "Hill", "Hughes", "Jackson", "Johnson", "Jones", "Kaur", "Kelly", "Kim", "Klein",
    "Lam", "Lee", "Lewis", "Lopez", "MacDonald", "Martin", "Martinez", "McKay", "Miller", "Mitchell", "Moore",
    "Morgan", "Murphy", "Nguyen", "Nelson", "O'Brien", "Olsen", "Ortiz", "Patel", "Peters", "Phillips", "Reid",
    "Rivera", "Roberts", "Robinson", "Ross", "Roy", "Santos", "Schmidt", "Scott", "Sharma", "Singh", "Smith",
    "Stewart", "Taylor", "Thompson", "Tremblay", "Turner", "Walker", "White", "Williams", "Wilson", "Wong", "Wright",
    "Young",
)  # fmt: skip
_COMPANY_FIRST = (
    "Summit", "Riverside", "Lakeshore", "Prairie", "Evergreen", "Cornerstone", "Heritage", "Northgate", "Parkview",
    "Beacon", "Maple Leaf", "Silver Birch", "Union", "Crossroads", "Harbour",
)  # fmt: skip
_COMPANY_SECOND = (
    "Dental Clinic", "Property Management", "Condominiums", "Realty", "Café", "Daycare", "Medical Centre", "Auto Body",
    "Veterinary Hospital", "Storage", "Church", "Brewing", "Fitness", "Law Office", "Homeowners Association",
)  # fmt: skip
_MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com")


class Name(NamedTuple):
    """First and last name of a person."""

    first: str
    last: str

    @property
    def full(self) -> str:
        """Both names."""
        return f"{self.first} {self.last}"


def some_name(chance: random.Random) -> Name:
    """Return the name of some person."""
    return Name(chance.choice(_FIRST_NAMES), chance.choice(_LAST_NAMES))


def some_company(chance: random.Random) -> str:
    """Return the name of some company."""
    return f"{chance.choice(_COMPANY_FIRST)} {chance.choice(_COMPANY_SECOND)}"


def mail_address(name: Name, chance: random.Random) -> str:
    """Return a mail address of a person."""
    local = re.sub(r"[^a-z.]", "", f"{name.first}.{name.last}".lower().replace("é", "e"))
    return f"{local}{chance.randrange(1, 1_000)}@{chance.choice(_MAIL_HOSTS)}"


def office_address(name: Name, company: str) -> str:
    """Return the mail address of a person at the business."""
    host = re.sub(r"[^a-z]", "", company.lower())
    local = re.sub(r"[^a-z.]", "", f"{name.first}.{name.last}".lower().replace("é", "e"))
    return f"{local}@{host}.example"


class Phone(NamedTuple):
    """A telephone number in the forms that are shown."""

    number: str
    friendly: str
    normalized: str


def some_phone(area_code: str, chance: random.Random) -> Phone:
    """Return a number that nobody has: of those that are kept for fiction."""
    line = chance.randrange(100, 200)
    return Phone(f"{area_code}5550{line}", f"({area_code}) 555-0{line}", f"+1{area_code}5550{line}")
