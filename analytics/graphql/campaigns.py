"""The numbers of campaigns, collaborations and influencers."""

import enum
from typing import Annotated

import strawberry


@strawberry.enum(description="How an order's credit is shared over who was met before it.")
class AttributionModel(enum.Enum):
    FIRST = strawberry.enum_value("FIRST", description="All to the first touch.")
    LAST = strawberry.enum_value("LAST", description="All to the last touch.")
    LINEAR = strawberry.enum_value("LINEAR", description="The same to every touch; repeats count.")
    POSITION = strawberry.enum_value(
        "POSITION",
        description="40 percent to the first touch, 40 to the last, 20 to those between; of two each half.",
    )
    TIME_DECAY = strawberry.enum_value(
        "TIME_DECAY", description="Half as much for every seven days a touch is older."
    )
    SHAPLEY = strawberry.enum_value("SHAPLEY", description="The same to every influencer who was met.")
    MARKOV = strawberry.enum_value(
        "MARKOV",
        description="By how many sales would be missing without an influencer, as transitions between "
        "touches tell it.",
    )
    CODE_FIRST = strawberry.enum_value(
        "CODE_FIRST",
        description="All to the collaboration whose exclusive code is on the order; without one the last "
        "touch.",
    )


ModelArgument = Annotated[
    AttributionModel, strawberry.argument(description="How credit for orders is shared.")
]
