"""What all mutations share: what the caller did wrong is data."""

import enum

import strawberry


@strawberry.enum(description="What is wrong with the input of a mutation.")
class UserErrorCode(enum.Enum):
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such thing, or it is not yours.")
    TOO_MANY = strawberry.enum_value("TOO_MANY", description="More than one request may have.")
    INVALID = strawberry.enum_value("INVALID", description="The value breaks the rule the message names.")
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="It is right by itself, but not in the state things are in."
    )


@strawberry.type(description="Something the caller did wrong; nothing was done then.")
class UserError:
    field: list[str] = strawberry.field(description="Where in the input.")
    code: UserErrorCode = strawberry.field(description="What is wrong, for programs.")
    message: str = strawberry.field(description="What is wrong, for people.")


def invalid(*path: str, message: str) -> UserError:
    """A value that breaks a rule."""
    return UserError(field=["input", *path], code=UserErrorCode.INVALID, message=message)


def not_found(*path: str, message: str) -> UserError:
    """Something that is not there, or not the caller's."""
    return UserError(field=["input", *path], code=UserErrorCode.NOT_FOUND, message=message)


def conflict(*path: str, message: str) -> UserError:
    """Something that cannot be done as things are."""
    return UserError(field=["input", *path], code=UserErrorCode.CONFLICT, message=message)
