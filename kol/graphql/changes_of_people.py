"""KOLs onto the roster, one by one or from a file; and who else sees a campaign."""

import datetime as dt
import enum
from typing import Annotated

import strawberry

from analytics.graphql.changes import UserError
from analytics.graphql.pages import Info, computed
from commerce.graphql.broadcasts import Channel
from config.api.cost import reads
from config.api.scalars import BigInt
from kol import changes, models, roster
from kol.graphql.campaigns import Kol, shown_kols
from kol.graphql.changes import CampaignPayload, by_whom, changed_campaign
from kol.graphql.parts import CAMPAIGN_LETTER
from kol.graphql.wishes import REASON, AgencyBy, agency_of, id_of, told
from kol.refusals import Refused

# -- KOLs ------------------------------------------------------------------------------------------


@strawberry.input(description="An account of a KOL on a platform.")
class KolAccountInput:
    platform: Channel = strawberry.field(description="Where it is.")
    handle: str = strawberry.field(description="Its name there; a leading @ and capitals do not matter.")
    followers: BigInt | None = strawberry.field(
        default=None, description="How many follow it; left out: nobody counted."
    )
    followers_on: dt.date | None = strawberry.field(
        default=None, description="The day they were counted; left out: today, by the partner's calendar."
    )


@strawberry.input(description="A KOL for the roster.")
class CreateKolInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    country: str = strawberry.field(default="", description="Two letters of ISO 3166-1; empty: not told.")
    accounts: list[KolAccountInput] | None = strawberry.field(
        default=None, description="The accounts, at most 20."
    )
    agency: AgencyBy | None = strawberry.field(
        default=None, description="Who represents the KOL to the partner; left out: as it is."
    )
    note: str | None = strawberry.field(
        default=None, description="The partner's own note, at most 10,000 characters; left out: as it is."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.type(description="What became of a KOL for the roster.")
class KolPayload:
    kol: Kol | None = strawberry.field(description="The KOL; null when there are user errors.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _kol_wish(asked: CreateKolInput) -> changes.KolWish:
    return changes.KolWish(
        name=asked.name,
        country=asked.country,
        accounts=[
            changes.AccountWish(
                platform=one.platform.name,
                handle=one.handle,
                followers=one.followers,
                followers_on=one.followers_on,
            )
            for one in asked.accounts or ()
        ],
        agency=None if asked.agency is None else agency_of(asked.agency),
        note=asked.note,
    )


# -- the roster from a file ------------------------------------------------------------------------


@strawberry.input(description="KOLs for the roster, as a file has them.")
class ImportRosterInput:
    csv: str = strawberry.field(
        description="CSV of at most 200 KiB and 2,000 rows. A header names the columns: name, platform and "
        "handle; and followers with followers_on (YYYY-MM-DD), country, agency (its short name) and note, "
        "where there are any."
    )
    preview: bool = strawberry.field(
        default=True, description="True: only say what it would change. False: do it, all or nothing."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.enum(description="What becomes of a row.")
class RosterRowStatus(enum.Enum):
    NEW = strawberry.enum_value("NEW", description="A KOL nobody knew.")
    CHANGED = strawberry.enum_value("CHANGED", description="A known KOL: something is added or changed.")
    SAME = strawberry.enum_value("SAME", description="Nothing changes.")
    REFUSED = strawberry.enum_value("REFUSED", description="Something is wrong with it: nothing is done.")


@strawberry.type(description="What a row changes.")
class RosterChange:
    column: str = strawberry.field(description="The column; of name: the KOL comes onto the roster.")
    before: str = strawberry.field(description="What it was; empty: nothing.")
    after: str = strawberry.field(description="What it becomes.")


@strawberry.type(description="What is wrong with a row.")
class RosterRowError:
    column: str = strawberry.field(description="The column.")
    message: str = strawberry.field(description="What is wrong, in words.")


@strawberry.type(description="A row of the file, and what becomes of it.")
class RosterRow:
    line: BigInt = strawberry.field(description="The line it begins at; the header is 1.")
    status: RosterRowStatus = strawberry.field(description="What becomes of it.")
    name: str = strawberry.field(description="The name, as the row has it.")
    platform: str = strawberry.field(description="The platform, as the row has it.")
    handle: str = strawberry.field(description="The handle, as the row has it.")
    known_as: str | None = strawberry.field(
        description="The KOL's name where it is known by another, which stays; else null."
    )
    changes: list[RosterChange] = strawberry.field(description="What it changes, by columns.")
    errors: list[RosterRowError] = strawberry.field(description="What is wrong with it, by columns.")


@strawberry.type(description="What becomes of a file for the roster.")
class RosterImport:
    is_done: bool = strawberry.field(
        description="Whether it is done: not in a preview, and not where a row is refused."
    )
    new: BigInt = strawberry.field(description="Rows of KOLs nobody knew.")
    changed: BigInt = strawberry.field(description="Rows that add to or change known KOLs.")
    same: BigInt = strawberry.field(description="Rows that change nothing.")
    refused: BigInt = strawberry.field(description="Rows with something wrong.")
    outcome: strawberry.Private[roster.Outcome]

    @computed(description="The rows, in the order of the file.")
    @reads(weight=0, size=1)
    def rows(self) -> list[RosterRow]:
        return [_shown_row(one) for one in self.outcome.rows]


@strawberry.type(description="What became of a file for the roster.")
class ImportRosterPayload:
    roster_import: RosterImport | None = strawberry.field(
        name="import", description="What becomes of it, row by row; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What the caller did wrong with the file as a whole."
    )


def _shown_row(one: roster.RowOutcome) -> RosterRow:
    return RosterRow(
        line=BigInt(one.row.line),
        status=RosterRowStatus[one.status.name],
        name=one.row.name,
        platform=one.row.platform,
        handle=one.row.handle,
        known_as=one.known_as or None,
        changes=[
            RosterChange(column=told.column, before=told.before, after=told.after) for told in one.changes
        ],
        errors=[RosterRowError(column=column, message=message) for column, message in one.errors],
    )


def _shown_import(outcome: roster.Outcome) -> RosterImport:
    counts = {status: BigInt(outcome.count(status)) for status in roster.Status}
    return RosterImport(
        is_done=outcome.is_done,
        new=counts[roster.Status.NEW],
        changed=counts[roster.Status.CHANGED],
        same=counts[roster.Status.SAME],
        refused=counts[roster.Status.REFUSED],
        outcome=outcome,
    )


# -- who else sees a campaign ----------------------------------------------------------------------


@strawberry.input(description="An agency that is to see a campaign.")
class GrantAgencyInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    agency: AgencyBy = strawberry.field(description="The agency.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="An agency that is to see a campaign no more.")
class RevokeGrantInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    agency: AgencyBy = strawberry.field(description="The agency.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A guest of a campaign, who reads and changes nothing.")
class InviteGuestInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    username: str = strawberry.field(description="The login, 1 to 150 characters.")
    agency: AgencyBy | None = strawberry.field(
        default=None,
        description="As this agency sees the campaign, which has to be granted it; left out: all of it.",
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A guest who is to read a campaign no more.")
class RemoveGuestInput:
    campaign_id: strawberry.ID = strawberry.field(description="The campaign.")
    username: str = strawberry.field(description="The login.")
    reason: str = strawberry.field(default="", description=REASON)


KolArgument = Annotated[CreateKolInput, strawberry.argument(description="The KOL.")]
ImportArgument = Annotated[ImportRosterInput, strawberry.argument(description="The file.")]
GrantArgument = Annotated[GrantAgencyInput, strawberry.argument(description="Which, and to whom.")]
RevokeArgument = Annotated[RevokeGrantInput, strawberry.argument(description="Which, and of whom.")]
InviteArgument = Annotated[InviteGuestInput, strawberry.argument(description="Whom, and where.")]
RemoveGuestArgument = Annotated[RemoveGuestInput, strawberry.argument(description="Whom, and where.")]


@strawberry.type
class PeopleMutations:
    """Part of the root's mutations: the roster, and who else sees campaigns."""

    @computed(
        description="Take a KOL onto the roster of the key's partner. One of whom an account is known is "
        "that KOL, whose name and country stay. On record. Needs the scope `manage`."
    )
    def create_kol(self, info: Info, input: KolArgument) -> KolPayload:
        whom = by_whom(info, input.reason)
        try:
            kol = changes.create_kol(_kol_wish(input), **whom).kol
        except Refused as refused:
            return KolPayload(kol=None, user_errors=[told(refused)])
        return KolPayload(kol=shown_kols([kol])(kol), user_errors=[])

    @computed(
        description="Take KOLs of a file onto the roster of the key's partner. The same file again changes "
        "nothing. On record. Needs the scope `manage`."
    )
    def import_roster(self, info: Info, input: ImportArgument) -> ImportRosterPayload:
        whom = by_whom(info, input.reason)
        try:
            outcome = roster.import_roster(roster.read_csv(input.csv), preview=input.preview, **whom)
        except Refused as refused:
            return ImportRosterPayload(roster_import=None, user_errors=[told(refused)])
        return ImportRosterPayload(roster_import=_shown_import(outcome), user_errors=[])

    @computed(
        description="Let an agency see its own KOLs in a campaign. On record. Needs the scope `manage`."
    )
    def grant_agency(self, info: Info, input: GrantArgument) -> CampaignPayload:
        whom = by_whom(info, input.reason)

        def act() -> models.Campaign:
            return changes.grant_agency(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER), agency=agency_of(input.agency), **whom
            ).campaign

        return changed_campaign(info, act)

    @computed(
        description="Let an agency see a campaign no more, nor guests who see it as the agency does. On "
        "record. Needs the scope `manage`."
    )
    def revoke_grant(self, info: Info, input: RevokeArgument) -> CampaignPayload:
        whom = by_whom(info, input.reason)

        def act() -> models.Campaign:
            return changes.revoke_grant(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER), agency=agency_of(input.agency), **whom
            ).campaign

        return changed_campaign(info, act)

    @computed(description="Let a login read a campaign. On record. Needs the scope `manage`.")
    def invite_guest(self, info: Info, input: InviteArgument) -> CampaignPayload:
        whom = by_whom(info, input.reason)

        def act() -> models.Campaign:
            return changes.invite_guest(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER),
                username=input.username,
                agency=None if input.agency is None else agency_of(input.agency),
                **whom,
            ).campaign

        return changed_campaign(info, act)

    @computed(description="Let a login read a campaign no more. On record. Needs the scope `manage`.")
    def remove_guest(self, info: Info, input: RemoveGuestArgument) -> CampaignPayload:
        whom = by_whom(info, input.reason)

        def act() -> models.Campaign:
            return changes.remove_guest(
                campaign_id=id_of(input.campaign_id, CAMPAIGN_LETTER), username=input.username, **whom
            ).campaign

        return changed_campaign(info, act)
