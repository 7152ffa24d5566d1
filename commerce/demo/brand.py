"""The demo brand: who it is, what it sells, and what people say in its lives."""

from __future__ import annotations

from typing import NamedTuple

PARTNER_NAME = "Mira & Moss"
PARTNER_CURRENCY = "SGD"
PARTNER_TIMEZONE = "Asia/Singapore"

OWNED_SOURCE = "/site/demo"
SOCIAL_SOURCE = "/tiktok/demo"
SITE_URL = "https://shop.mira-moss.example"


class Product(NamedTuple):
    """One product: money in cents, `cost` None where the brand does not know it, `weight` its popularity."""

    item_id: str
    item_name: str
    price: int
    cost: int | None
    stock: int
    weight: int

    @property
    def image_url(self) -> str:
        """Address of the picture on the brand's own site."""
        return f"{SITE_URL}/images/{self.item_id.lower()}.webp"


_ROWS: tuple[tuple[str, int, int | None, int, int], ...] = (
    ("Dew Veil Cushion Foundation", 4200, 1180, 640, 9),
    ("Dew Veil Refill", 2600, 640, 900, 6),
    ("Silk Petal Lip Tint - Rosewood", 1890, 390, 1400, 14),
    ("Silk Petal Lip Tint - Guava", 1890, 390, 1200, 12),
    ("Silk Petal Lip Tint - Plum", 1890, 390, 800, 8),
    ("Moss Calm Toner 200 ml", 2800, 710, 760, 9),
    ("Moss Calm Ampoule 30 ml", 4600, 1290, 520, 7),
    ("Rice Milk Cleansing Balm", 3200, 860, 610, 8),
    ("Cloud Whip Cleanser", 1650, 420, 1100, 10),
    ("Sun Sheer SPF50+ Stick", 2400, 650, 1500, 15),
    ("Sun Sheer SPF50+ Gel 50 ml", 2650, 700, 1250, 12),
    ("Night Bloom Sleeping Mask", 3800, 990, 480, 6),
    ("Bright Eyes Patch, 60 pcs", 2200, 520, 930, 9),
    ("Feather Brow Pencil", 1490, 310, 1300, 8),
    ("Lift & Curl Mascara", 2100, 480, 870, 9),
    ("Velvet Hour Eye Palette", 4900, 1450, 360, 5),
    ("Glow Drops Highlighter", 2950, 760, 540, 6),
    ("Pore Blur Setting Powder", 2700, 690, 620, 7),
    ("Camellia Hair Oil 80 ml", 3100, 830, 450, 6),
    ("Scalp Reset Shampoo", 2300, None, 700, 6),
    ("Pandan Hand Cream Trio", 2150, 560, 980, 7),
    ("Orchid Rain Eau de Toilette", 6900, 2100, 210, 3),
    ("Travel Ritual Set", 5400, 1760, 330, 5),
    ("Ten Minute Glow Kit", 7900, 2480, 280, 6),
    ("Linen Wrap Dress - Sand", 8900, 3150, 190, 6),
    ("Linen Wrap Dress - Indigo", 8900, 3150, 170, 5),
    ("Breeze Wide Leg Trousers", 6900, 2380, 260, 6),
    ("Everyday Rib Tank", 2500, 720, 1100, 9),
    ("Soft Pleat Midi Skirt", 5900, 1990, 240, 5),
    ("Boxy Poplin Shirt", 5500, 1850, 310, 6),
    ("Satin Cami - Pearl", 4500, 1380, 350, 5),
    ("Cropped Denim Jacket", 9900, 3720, 120, 3),
    ("Batik Print Kimono", 7500, None, 140, 3),
    ("Crescent Shoulder Bag", 8500, 2950, 200, 5),
    ("Woven Market Tote", 4800, 1520, 330, 4),
    ("Pearl Drop Earrings", 2900, 640, 720, 8),
    ("Layered Chain Necklace", 3500, None, 510, 6),
    ("Silk Scrunchie Set", 1590, 330, 1600, 11),
    ("Featherlight Ballet Flats", 6500, 2240, 230, 5),
    ("Cloud Step Slides", 3900, None, 420, 5),
)
CATALOGUE: tuple[Product, ...] = tuple(
    Product(f"MM-{number:03d}", *row) for number, row in enumerate(_ROWS, start=1)
)
POPULARITY: tuple[int, ...] = tuple(product.weight for product in CATALOGUE)

HOSTS = ("Aisyah Rahman", "Celine Tan", "Ploy Srisuk", "Jo Lim")
TITLES = (
    "Friday glow: bare skin, full light",
    "Linen week, styled three ways",
    "Sun care that does not pill",
    "Ten minute face before work",
    "Payday treats and bundles",
    "Ask us anything: sensitive skin",
    "New in: satin and pearls",
    "Night routine, slowly",
    "Office to dinner looks",
    "Lip tint swatch party",
    "Hair oils, really tested",
    "Weekend bag, packed live",
)
UPCOMING_TITLES = ("Season opening: the new linen", "Self care Sunday, live from the studio")

COUNTRIES = ("SG", "MY", "TH", "ID", "AU", "KR")
COUNTRY_WEIGHTS = (60, 22, 11, 4, 1, 2)
AGE_BANDS = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
AGE_WEIGHTS = (3, 27, 38, 19, 9, 4)


class Traffic(NamedTuple):
    """One way into a live: its names, whether it was paid for, its links' UTM medium ('' = no link)."""

    source: str
    sub_source: str
    paid: bool
    medium: str
    weight: int

    def shown(self, count: int) -> dict[str, object]:
        """The data of impressions on this way."""
        told = {"traffic_source": self.source, "traffic_sub_source": self.sub_source, "paid": self.paid}
        return {"count": count, **told}


OWNED_TRAFFIC = (
    Traffic("direct", "app_push", False, "", 26),
    Traffic("direct", "home_banner", False, "", 18),
    Traffic("email", "newsletter", False, "email", 15),
    Traffic("instagram", "story_link", False, "social", 13),
    Traffic("instagram", "ads", True, "paid_social", 11),
    Traffic("google", "search_ads", True, "cpc", 9),
    Traffic("google", "organic", False, "organic", 8),
)
SOCIAL_TRAFFIC = (
    Traffic("for_you", "live_preview", False, "", 44),
    Traffic("following", "live_tab", False, "", 20),
    Traffic("short_video", "video_to_live", False, "", 17),
    Traffic("promote", "live_ads", True, "", 13),
    Traffic("search", "keyword", False, "", 6),
)
CAMPAIGNS = ("glow-season", "linen-week", "payday", "always-on")

COMMENTS: dict[str, tuple[str, ...]] = {
    "en": (
        "hi from the bus home!",
        "the {product} is so pretty",
        "love this colour on you",
        "is the {product} ok for sensitive skin?",
        "how long is shipping to KL?",
        "just ordered, thank you!!",
        "does it come in size S?",
        "can you show the {product} again?",
        "what shade are you wearing?",
        "my second bottle of {product} already",
        "price please?",
        "bought it last month, still obsessed",
        "does the voucher work with the bundle?",
        "so good",
        "link is not working for me?",
    ),
    "th": (
        "สวยมากค่ะ",
        "{product} ราคาเท่าไหร่คะ?",
        "ส่งไทยไหมคะ?",
        "สั่งแล้วนะคะ",
        "ผิวแพ้ง่ายใช้ได้ไหมคะ?",
        "ชอบสีนี้มาก",
        "ขอดู {product} อีกรอบได้ไหมคะ?",
        "รออยู่เลยค่ะ",
    ),
    "ms": (
        "cantiknya!",
        "{product} ada stok lagi tak?",
        "boleh hantar ke Johor?",
        "dah order, tak sabar tunggu",
        "sesuai untuk kulit sensitif ke?",
        "warna ni lawa sangat",
        "harga berapa kak?",
        "memang berbaloi {product} ni",
    ),
    "id": (
        "cantik banget",
        "{product} harganya berapa ya?",
        "bisa kirim ke Jakarta gak?",
        "udah checkout, makasih",
        "aman gak buat kulit sensitif?",
        "warnanya bagus banget",
        "ongkirnya berapa kak?",
        "lagi nonton dari Bandung",
        "gimana cara pakai {product}?",
        "kapan restock lagi?",
        "aku udah pakai dua bulan, suka banget",
        "diskonnya sampai kapan?",
        "mau dong yang itu",
        "ukuran M masih ada gak?",
        "spill {product} lagi dong",
    ),
    "ko": (
        "너무 예뻐요",
        "{product} 얼마예요?",
        "한국으로 배송 되나요?",
        "방금 주문했어요",
        "민감성 피부에 써도 괜찮나요?",
        "색상이 정말 예쁘네요",
        "{product} 다시 보여주세요",
        "사이즈는 어떻게 되나요?",
        "목소리 너무 좋아요",
        "재입고는 언제 하나요?",
        "지난번에 샀는데 만족해요",
        "쿠폰 쓸 수 있나요?",
        "퇴근길에 보고 있어요",
        "두 개 사면 할인 되나요?",
        "기다렸어요",
    ),
}
LANGUAGE_OF_COUNTRY = {"TH": "th", "MY": "ms", "ID": "id", "KR": "ko"}

PINNED_MESSAGES = (
    "Free delivery from SGD 60 tonight",
    "Code GLOW10: 10 % off until the end of the live",
    "Tap the bag to see everything shown so far",
)
HOST_NOTES = (
    "Energy dipped during the size talk, go faster next time",
    "Swatches on bare arm worked, many questions",
    "Ring light flickered for a minute",
)
COUPONS = ("GLOW10", "WELCOME5", "PAYDAY8")
REFUND_REASONS = ("wrong_size", "changed_mind", "damaged", "not_as_described", "late_delivery")
CANCEL_REASONS = ("customer_request", "payment_failed", "out_of_stock")


def money(cents: int) -> str:
    """Cents as a decimal string with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"
