"""Influencers and agencies: reference data without a partner's facts; and what partners let them see."""

from typing import ClassVar

from django.db import models

from commerce.models import Channel, PartnerModel, new_id


class ReferenceModel(models.Model):
    """A row that is no partner's own."""

    distribution: ClassVar[str] = "REFERENCE"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class Agency(ReferenceModel):
    """Who represents influencers, to one partner or to several."""

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class AgencyMembership(ReferenceModel):
    """A login of an agency: sees what partners granted to the agency, and changes nothing."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    username = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            # A login is one agency's: what it sees is what that agency sees.
            models.UniqueConstraint(fields=["username"], name="agencymembership_username"),
        ]

    def __str__(self) -> str:
        return self.username


class AgencyKey(ReferenceModel):
    """A key of an agency, made like a partner's; only a keyed hash of it is stored."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    public = models.CharField(max_length=8, editable=False, unique=True)
    digest = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "agency key"

    def __str__(self) -> str:
        return f"ll_live_{self.public}… {self.name}".strip()


class Kol(ReferenceModel):
    """An influencer, as the public knows him: no partner's facts are kept here."""

    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "KOL"
        verbose_name_plural = "KOLs"

    def __str__(self) -> str:
        return self.name


class KolAccount(ReferenceModel):
    """An account of an influencer on a platform."""

    kol = models.ForeignKey(Kol, on_delete=models.CASCADE, related_name="accounts")
    platform = models.CharField(max_length=10, choices=Channel)
    handle = models.CharField(max_length=200, help_text="Without the @, in lower case.")

    class Meta:
        verbose_name = "KOL account"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "handle"], name="kolaccount_platform_handle"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.handle}"


class KolFollowers(ReferenceModel):
    """How many followed an account on a day; the latest row is what it has now."""

    account = models.ForeignKey(KolAccount, on_delete=models.CASCADE, related_name="followers")
    on_date = models.DateField()
    followers = models.BigIntegerField()

    class Meta:
        verbose_name = "followers"
        verbose_name_plural = "followers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "on_date"], name="kolfollowers_account_date"),
        ]


class RosterEntry(PartnerModel):
    """An influencer a partner knows: whom it may see, book and correct."""

    kol = models.ForeignKey(Kol, on_delete=models.CASCADE, related_name="+", db_index=False)
    agency = models.ForeignKey(
        Agency,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Who represents him to this partner; empty: nobody.",
    )
    note = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "roster"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "kol"], name="roster_partner_kol")
        ]


class AgencyGrant(PartnerModel):
    """A partner lets an agency see a campaign: its own KOLs in it, and nothing else."""

    campaign = models.ForeignKey("kol.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_index=False)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "campaign", "agency"], name="grant_partner_campaign_agency"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["agency"], name="grant_agency")]


class GuestAccess(PartnerModel):
    """A login that reads a campaign: as the agency sees it, or as the partner does where none is named."""

    campaign = models.ForeignKey("kol.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    username = models.CharField(max_length=150)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "guests"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "campaign", "username"], name="guest_partner_campaign_username"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["username"], name="guest_username")]
