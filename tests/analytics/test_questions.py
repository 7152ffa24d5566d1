"""Comments that ask, told from those that do not, in the languages of the trade; Python and SQL alike."""

import pytest

from analytics.fills.markers import _comments
from analytics.fills.questions import is_question, language_of
from analytics.models import SessionComment
from commerce.models import Partner
from tests.factories import deliver, event, fill, minute

ASKED = {
    "en": [
        "how much is the red one",
        "How Much?",
        "do you ship to Penang",
        "is it still in stock",
        "hi, can you show the back again",
        "what size for 60 kg",
        "where can i buy it",
        "any discount today",
        "which one is better for oily skin",
        "does it come in black",
        "how many left",
        "price?",
    ],
    "th": [
        "ราคาเท่าไหร่คะ",
        "มีสีดำไหม",
        "ส่งฟรีมั้ยคะ",
        "ใช้ยังไง",
        "เหลือกี่ชิ้น",
        "อันนี้คืออะไร",
        "ของแท้หรือเปล่า",
        "ส่งเมื่อไหร่",
        "ทำไมแพงจัง",
        "มีไซส์ไหนบ้าง",
        "ซื้อที่ไหน",
        "หมดหรือยัง",
    ],
    "ms": [
        "berapa harga",
        "ada saiz L",
        "boleh cod tak",
        "macam mana nak order",
        "bila restock",
        "kat mana kedai awak",
        "adakah ini original",
        "warna hitam ada lagi tak",
        "kenapa mahal sangat",
        "siapa boleh pakai",
        "yang mana sesuai untuk kulit kering",
        "boleh tukar saiz",
    ],
    "ko": [
        "얼마예요",
        "이거 얼마인가요",
        "재고 있나요",
        "사이즈 어떻게 되나요",
        "배송 언제 와요",
        "어디서 살 수 있어요?",
        "이거 뭐예요",
        "몇 개 남았어요",
        "세일 하나요",
        "왜 이렇게 싸요",
        "어떤가요 색상",
        "교환 됩니까",
    ],
    "id": [
        "harganya berapa kak",
        "bisa cod gak",
        "gimana cara ordernya",
        "kapan ready lagi",
        "ada warna lain gak",
        "kak ini bahannya apa?",
        "apa bedanya sama yang kemarin",
        "bisa retur kak",
        "brp kak",
        "apakah halal",
        "masih ada stok",
        "dimana lokasi tokonya",
    ],
}
TOLD = {
    "en": [
        "love this so much",
        "just bought two",
        "you are so pretty",
        "this is it",
        "show me the red one",
        "what a bag",
        "when i was there it was cheaper",
        "https://shop.example.com/?item=5",
        "the price is good",
        "i can do that",
        "yes it is",
        "hello from KL",
    ],
    "th": [
        "สวยมากค่ะ",
        "ผ้าไหมสวยจัง",
        "สั่งแล้วค่ะ",
        "ชอบมาก",
        "ไหมพรมนุ่มดี",
        "ขอสีแดงค่ะ",
        "รับสองชิ้น",
        "โอนแล้วนะคะ",
        "ของถึงแล้ว ดีมาก",
        "แพงไปหน่อย",
        "อะไรก็ได้ค่ะ",
    ],
    "ms": [
        "cantiknya",
        "saya dah order",
        "tak boleh lah",
        "boleh tahan",
        "barang dah sampai",
        "terima kasih",
        "saya nak dua",
        "suka sangat",
        "murah gila",
        "harga ok",
        "tudung ni lawa",
    ],
    "ko": [
        "너무 예뻐요",
        "주문했어요",
        "얼마 전에 샀어요",
        "언제나 최고",
        "어디서나 입어요",
        "왜냐하면 좋아서요",
        "신나요",
        "색이 빛나요",
        "예쁘니까 사요",
        "누구나 좋아해요",
        "감사합니다",
    ],
    "id": [
        "bagus banget",
        "sudah checkout kak",
        "gak bisa bayar",
        "keren",
        "udah sampai barangnya",
        "suka banget",
        "murah meriah",
        "mantap kak",
        "aku beli dua",
        "harga pas",
        "terima kasih kak",
    ],
}
EVERY = [(text, True) for texts in ASKED.values() for text in texts] + [
    (text, False) for texts in TOLD.values() for text in texts
]


@pytest.mark.parametrize("language", ASKED)
def test_what_asks_is_a_question_and_what_tells_is_none(language: str) -> None:
    assert [text for text in ASKED[language] if not is_question(text)] == []
    assert [text for text in TOLD[language] if is_question(text)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ราคาเท่าไหร่ how much", "th"), ("이거 얼마 price", "ko"), ("bisa cod gak", "id"),
        ("boleh cod tak", "ms"), ("how much is it", "en"), ("555", ""), ("", ""), ("😍😍", ""),
    ],
)  # fmt: skip
def test_a_language_is_guessed_by_script_and_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_fill_reads_the_forms_as_python_does(partner: Partner) -> None:
    # Edges of the two engines: lines, signs, other cases, nothing.
    odd = ["HOW MUCH\n", "boleh\ncod tak", "a\nhow much\nb", "\u0130s it?", "\uff1f", "?", "   ", "İS IT OK"]
    texts = [text for text, _ in EVERY] + odd
    events = [event("live_comment", minute(number), text=text) for number, text in enumerate(texts)]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    rows = SessionComment.objects.using("worker").filter(partner=partner)
    stored = {row.text: (row.is_question, row.language) for row in rows}
    assert stored == {text: (is_question(text), language_of(text)) for text in texts}
    assert _comments() is _comments()
