"""Who works with the demo brand: eight influencers, two agencies, three campaigns (days from the first)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

AGENCIES = (("northlight", "Northlight Talent"), ("kirana", "Kirana Creators"))


class Person(NamedTuple):
    """An influencer: handle, followers on the first and on the last day, who represents him."""

    name: str
    country: str
    platform: str
    handle: str
    followers: tuple[int, int]
    agency: str | None


KOLS = (
    Person("Aria Chen", "SG", "TIKTOK", "ariachen.live", (1_180_000, 1_240_000), "northlight"),
    Person("Mali Suksan", "TH", "TIKTOK", "mali.glow", (212_000, 226_500), "northlight"),
    Person("Haneul Park", "KR", "INSTAGRAM", "haneul.daily", (98_400, 103_900), "northlight"),
    Person("Siti Rahim", "MY", "TIKTOK", "sitirahim", (64_100, 148_800), "kirana"),
    Person("Dewi Lestari", "ID", "INSTAGRAM", "dewi.wears", (8_900, 9_700), "kirana"),
    Person("Nadia Wong", "SG", "INSTAGRAM", "nadiawong", (41_300, 43_000), "kirana"),
    Person("Jun Tan", "SG", "YOUTUBE", "juntan", (27_800, 28_900), None),
    Person("Rafael Lim", "SG", "FACEBOOK", "rafaellim", (15_200, 15_500), None),
)


class Part(NamedTuple):
    """An influencer in a campaign: what he costs and earns, and in which of its sessions he is seen.

    `owned` and `social` take every so many-th session of a campaign's on the own site and on the social
    channel, from `first` on; 0 takes none. `clicks` is how many follow the link.
    """

    kol: str
    fee: int
    rate: str
    owned: int
    social: int
    first: int
    clicks: int
    role: str = "GUEST"
    code: str = ""
    is_exclusive: bool = True
    samples: int = 0


class Run(NamedTuple):
    """A campaign: its days (half-open), what it may cost, which model pays, and who is in it."""

    name: str
    days: tuple[int, int]
    budget: int
    payable: str
    agencies: tuple[str, ...]
    cast: tuple[Part, ...]


# Aria is seen by most and pays back least; Dewi is seen by few, and cheap. GLOW10 was passed around: people
# use it who have never seen Nadia.
CAMPAIGNS = (
    Run(
        "Glow season",
        (14, 42),
        16_000,
        "CODE_FIRST",
        ("northlight", "kirana"),
        (
            Part("ariachen.live", 9_500, "0.05", 1, 1, 0, 40),
            Part("mali.glow", 1_800, "0.08", 2, 2, 0, 60, role="HOST"),
            Part("nadiawong", 700, "0.1", 3, 0, 1, 45, code="GLOW10", samples=6),
            Part("dewi.wears", 120, "0.08", 4, 0, 0, 30, samples=3),
            Part("juntan", 600, "0.06", 0, 2, 1, 25),
        ),
    ),
    Run(
        "Linen weeks",
        (42, 63),
        9_000,
        "POSITION",
        ("northlight",),
        (
            Part("haneul.daily", 1_600, "0.07", 2, 0, 0, 55, role="HOST", samples=4),
            Part("sitirahim", 1_100, "0.06", 0, 1, 0, 50),
            Part("rafaellim", 500, "0.05", 2, 0, 1, 20, code="WELCOME5", is_exclusive=False),
            Part("juntan", 550, "0.06", 3, 0, 1, 20, code="WELCOME5", is_exclusive=False),
        ),
    ),
    Run(
        "Payday treats",
        (63, 98),
        14_000,
        "LAST",
        ("northlight", "kirana"),
        (
            Part("ariachen.live", 8_800, "0.05", 2, 1, 0, 45),
            Part("sitirahim", 1_300, "0.07", 2, 0, 1, 60),
            Part("dewi.wears", 140, "0.08", 3, 0, 0, 70, role="HOST", code="DEWI10", samples=3),
            Part("mali.glow", 400, "0.08", 0, 2, 0, 35),
        ),
    ),
)
SAMPLE_COST = Decimal("14.60")
SHIPPING_COST = Decimal("5.90")
