"""What numbers of the shop can be split by, as the API names it."""

import enum

import strawberry


@strawberry.enum(description="How the shop's orders are told apart.")
class ShopDimension(enum.Enum):
    LIVE = strawberry.enum_value("LIVE", description="Orders of a live session, or of none.")
    CHANNEL = strawberry.enum_value("CHANNEL", description="The channel of the live session.")
    CUSTOMER = strawberry.enum_value(
        "CUSTOMER",
        description="Whether the customer is new: up to the first paid order; or returning, or a guest. Of a "
        "refund that names no order it is not known.",
    )
    PRODUCT = strawberry.enum_value(
        "PRODUCT",
        description="The product of each line: an order of several is in the part of each, with what it "
        "brought of that product.",
    )
    KOL = strawberry.enum_value("KOL", description="The influencer met last before the order.")
    COUNTRY = strawberry.enum_value("COUNTRY", description="The customer's country.")
