"""What a comment looks like: a question or not, and in which language; by its forms, in five languages.

The patterns are written so that Python and PostgreSQL read them alike: letters are folded by hand to lower
case (ASCII only), and words are told apart by what is no Latin letter or digit. A guess, and meant as one.
"""

import re
from string import ascii_lowercase, ascii_uppercase
from typing import Final

_FOLD: Final = str.maketrans(ascii_uppercase, ascii_lowercase)

# Words of address that may stand before a question.
_HAIL: Final = (
    "(?:(?:hi|hello|hey|hai|halo|host|admin|min|kak|sis|bro|babe|dear|boss|pls|please|so|but|and|eh|ok)"
    "[ ,.!]+)*"
)
_ENGLISH_ANYWHERE: Final = (
    "how much|how many|how do|how does|how can|how to|how long|how big|how old|how often|"
    "what is the|what's the|whats the|what are the|what size|what colou?r|what time|what shade|"
    "where can i|where do i|where to buy|when will|when does|when is|which one|which size|which colou?r|"
    "which shade|any discount|any code|any voucher|any promo|any more left"
)
_ENGLISH_FIRST: Final = (
    "do you|do they|do we|do i|does it|does this|does the|does that|did you|is it|is there|is this|is that|"
    "is the|are there|are these|are you|are they|can i|can you|can we|can it|could you|will it|will there|"
    "will you|may i|should i|would it|would you|have you|has it|what is|what's|what are|what do|where is|"
    "where are|who is|who's|why is|why are|why do"
)
_MALAY_ANYWHERE: Final = (
    "berapa|berape|brapa|brp|apakah|adakah|bolehkah|bisakah|masihkah|benarkah|betulkah|dapatkah|perlukah|"
    "bagaimana|gimana|gmn|macam mana|macamana|kenapa|mengapa|kapan|di mana|dimana|kat mana|kat ne|yang mana|"
    "mana satu|siapakah"
)
_MALAY_FIRST: Final = "ada|boleh(?! tahan)|bole|bisa|apa|masih ada|bila|mana|siapa|ready"
_MALAY_TAG: Final = (
    "(?:ada|boleh|bole|bisa|dapat|masih|ready|cukup|sesuai|cocok|muat) (?:.* )?(?:tak|gak|ga|nggak|ngga|ke)"
)
_THAI: Final = (
    "(?<!ผ้า)ไหม(?!พรม)|มั้ย|มั๊ย|เท่าไหร่|เท่าไร|กี่|อะไร(?!ก็)|ยังไง|อย่างไร|ที่ไหน|เมื่อไหร่|เมื่อไร|ทำไม|"
    "หรือเปล่า|หรือป่าว|รึเปล่า|รึป่าว|หรือยัง|รึยัง|ใคร(?!ๆ|ก็)|ตัวไหน|สีไหน|อันไหน|ไซส์ไหน|แบบไหน|ได้ป่าว"
)
_KOREAN: Final = (
    "얼마(?! ?[전안])|[인은한큰운른던건]가요|까요|[습입됩합]니까|"
    "(?:있|없|되|하|오|주|사|맞|왔|됐|했|파|받|쓰|입|가능하|괜찮|좋|같|남았)나요|"
    "어때요|어떻게|어떤가|언제(?!나|든)|어디(?!서나|든|나)|누구(?!나)|무엇|무슨|"
    "뭐(?:예요|에요|가|야)|뭔가요|왜(?!냐)|"
    "몇 ?(?:개|시|분|호|원|ml|g|명|일|센치|cm)"
)
# Each script's forms are looked for only where the script is: looking costs more than asking for a letter.
QUESTIONS: Final = (
    ("[?\uff1f]", ("[?\uff1f](?:$|[^a-z0-9=&])",)),
    ("[ก-๛]", (_THAI,)),
    ("[가-힣]", (_KOREAN,)),
    (
        "[a-z]",
        (
            rf"^[^a-z0-9]*{_HAIL}(?:{_ENGLISH_FIRST}|{_MALAY_FIRST})(?:$|[^a-z0-9'])",
            rf"(?:^|[^a-z0-9'])(?:{_MALAY_ANYWHERE})(?:$|[^a-z0-9])",
            rf"(?:^|[^a-z0-9'])(?:{_ENGLISH_ANYWHERE})(?:$|[^a-z0-9])",
            rf"(?:^|[^a-z0-9]){_MALAY_TAG}[ .!]*$",
        ),
    ),
)
"""Forms of questions over folded text, as (letters of a script, patterns)."""

_INDONESIAN: Final = (
    "bisa|gak|nggak|ngga|enggak|gimana|gmn|kapan|banget|dong|aja|yuk|sih|kok|udah|bisakah|mengapa|saja|"
    "kalian|sudah"
)
_MALAY: Final = (
    "berapa|berape|brp|brapa|boleh|bole|tak|nak|macam|macamana|korang|awak|kat|saya|ada|adakah|apakah|apa|"
    "harga|cantik|kenapa|bila|siapa|mana|warna|lagi|ini|nya|untuk|beli|bagus|mahal|murah"
)
_ENGLISH: Final = (
    "the|is|are|do|does|you|how|what|where|when|which|who|why|can|this|that|it|i|my|for|and|love|so|please|"
    "have|any|more|price|size|to|of|will|want|need|nice|good|thanks|thank"
)


def _words(words: str) -> str:
    return rf"(?:^|[^a-z0-9'])(?:{words})(?:$|[^a-z0-9])"


# The first that fits: scripts tell more than words do, and Malay and Indonesian share most of theirs.
LANGUAGES: Final = (
    ("th", "[ก-๛]"),
    ("ko", "[가-힣ㄱ-ㆎ]"),
    ("id", _words(_INDONESIAN)),
    ("ms", _words(_MALAY)),
    ("en", _words(_ENGLISH)),
)
_questions: Final = [
    (re.compile(letters), [re.compile(pattern, re.DOTALL) for pattern in patterns])
    for letters, patterns in QUESTIONS
]
_languages: Final = [(code, re.compile(pattern)) for code, pattern in LANGUAGES]


def folded(text: str) -> str:
    """A text as the patterns read it."""
    return text.translate(_FOLD)


def is_question(text: str) -> bool:
    """Whether a comment has the form of a question in en, th, ms, ko or id."""
    plain = folded(text)
    return any(
        letters.search(plain) and any(pattern.search(plain) for pattern in patterns)
        for letters, patterns in _questions
    )


def language_of(text: str) -> str:
    """th, ko, id, ms or en as far as script and common words tell; empty when they tell nothing."""
    plain = folded(text)
    return next((code for code, pattern in _languages if pattern.search(plain)), "")
