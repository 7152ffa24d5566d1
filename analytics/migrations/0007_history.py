"""What was known when: the states of a session's rows, with the columns these rows have by now."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.state import ProjectState

import commerce.models.base

PARTNER = ("partner", models.ForeignKey(
    db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="commerce.partner",
))  # fmt: skip
SESSION = ("session", models.ForeignKey(
    db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
    to="commerce.livesession",
))  # fmt: skip
ID = ("id", models.UUIDField(
    default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False,
))  # fmt: skip


class CreateVersions(migrations.CreateModel):
    """A model of the states of another's rows: its columns are those the other has at this point."""

    def __init__(self, name: str, *, of: str, only: tuple[str, ...] = (), key: str) -> None:
        self.of, self.only = of, only
        options = {
            "constraints": [
                models.UniqueConstraint(
                    fields=("partner", "session", "known_from", "row_id"), name=f"{key}_partner_known"
                )
            ],
            "indexes": [
                models.Index(
                    condition=models.Q(("known_until__isnull", True)),
                    fields=["partner", "session"],
                    name=f"{key}_partner_now",
                )
            ],
        }
        super().__init__(name=name, fields=[ID], options=options)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        copied = [
            (f"{name}_id", models.UUIDField(null=field.null)) if field.is_relation else (name, field.clone())
            for name, field in state.models[app_label, self.of].fields.items()
            if name not in {"id", "partner", "session", "session_id", "computed_at"}
        ]
        if self.only:
            copied = [(name, field) for name, field in copied if name in self.only]
        self.fields: list[tuple[str, Any]] = [
            ID,
            ("row_id", models.UUIDField(help_text="The row this is a state of.")),
            ("known_from", models.DateTimeField()),
            ("known_until", models.DateTimeField(help_text="Null: it is what is known now.", null=True)),
            *copied,
            PARTNER,
            SESSION,
        ]
        super().state_forwards(app_label, state)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("analytics", "0006_scorecards")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="orderfact",
            name="first_settled_at",
            field=models.DateTimeField(
                help_text="When it became known to the numbers; null: before that was kept.", null=True
            ),
        ),
        CreateVersions("SessionRollupVersion", of="sessionrollup", key="rollupversion"),
        CreateVersions("SessionSalesVersion", of="sessionsales", key="salesversion"),
        CreateVersions("SessionShowingVersion", of="sessionshowing", key="showingversion"),
        CreateVersions(
            "SessionOrderVersion",
            of="orderfact",
            only=(
                "viewer_id",
                "customer_id",
                "first_settled_at",
                "placed_at",
                "paid_at",
                "cancelled_at",
                "currency",
                "units",
                "merchandise",
                "shipping",
                "tax",
                "refunded",
                "refunded_units",
            ),
            key="orderversion",
        ),
        CreateVersions(
            "SessionRefundVersion",
            of="refundfact",
            only=("customer_id", "occurred_at", "currency", "amount", "units"),
            key="refundversion",
        ),
        migrations.AddIndex(
            model_name="sessionorderversion",
            index=models.Index(fields=["partner", "row_id"], name="orderversion_partner_row"),
        ),
        migrations.CreateModel(
            name="SessionRevision",
            fields=[
                ID,
                ("known_from", models.DateTimeField()),
                (
                    "waiting_since",
                    models.DateTimeField(
                        help_text="When the first fact came that this fill took in; null: nobody knows.",
                        null=True,
                    ),
                ),
                ("is_live", models.BooleanField(help_text="Whether the session had no end yet.")),
                (
                    "is_first_kept",
                    models.BooleanField(
                        default=False, help_text="There were numbers before this one, which nobody kept."
                    ),
                ),
                (
                    "is_thinned",
                    models.BooleanField(
                        default=False,
                        help_text="What came within its minute was let go: it is old, and made while live.",
                    ),
                ),
                (
                    "definition_version",
                    models.PositiveIntegerField(help_text="Of the session's metrics together."),
                ),
                (
                    "late_events",
                    models.BigIntegerField(default=0, help_text="Events that came after the session's end."),
                ),
                (
                    "parts",
                    models.TextField(
                        blank=True, help_text="The broadcasts it was made of, where they are several."
                    ),
                ),
                (
                    "rules",
                    models.CharField(
                        help_text="The partner's settings that its numbers depend on.", max_length=200
                    ),
                ),
                PARTNER,
                SESSION,
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "session", "known_from"), name="sessionrevision_partner_known"
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_live", True), ("is_thinned", False)),
                        fields=["partner", "known_from"],
                        name="sessionrevision_to_thin",
                    )
                ],
            },
        ),
    ]
