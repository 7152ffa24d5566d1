"""Tables of influencers, agencies, campaigns, links and claims."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    # A database that has all of these has these tables.
    replaces = [
        ('kol', '0001_campaigns'),
        ('kol', '0002_links'),
        ('kol', '0003_statements'),
        ('kol', '0004_access'),
        ('kol', '0005_changes'),
    ]

    dependencies = [
        ('commerce', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=63, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'agencies',
            },
        ),
        migrations.CreateModel(
            name='Kol',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'KOL',
                'verbose_name_plural': 'KOLs',
            },
        ),
        migrations.CreateModel(
            name='AgencyKey',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('public', models.CharField(editable=False, max_length=8, unique=True)),
                ('digest', models.BinaryField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.agency')),
            ],
            options={
                'verbose_name': 'agency key',
            },
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('objective', models.CharField(choices=[('AWARENESS', 'Awareness'), ('CONVERSION', 'Conversion')], default='CONVERSION', max_length=10)),
                ('starts_on', models.DateField(help_text="The first day, in the partner's calendar.")),
                ('ends_on', models.DateField(help_text='The day after the last one.')),
                ('budget', models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('click_window_seconds', models.PositiveIntegerField(default=604800, help_text='How old a click or code may be at an order.')),
                ('view_window_seconds', models.PositiveIntegerField(default=86400, help_text='How old a live view may be at an order.')),
                ('payable_model', models.CharField(choices=[('FIRST', 'First touch'), ('LAST', 'Last touch'), ('LINEAR', 'Linear'), ('POSITION', 'Position based'), ('TIME_DECAY', 'Time decay'), ('SHAPLEY', 'Shapley'), ('MARKOV', 'Markov'), ('CODE_FIRST', 'Code first')], default='CODE_FIRST', max_length=10)),
                ('return_window_seconds', models.PositiveIntegerField(default=1209600, help_text='How long after an order its claim waits before it is approved by itself.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', '-starts_on', '-id'], name='campaign_partner_start')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='campaign_has_days')],
            },
        ),
        migrations.CreateModel(
            name='AgencyGrant',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('granted_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('agency', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.agency')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.campaign')),
            ],
            options={
                'indexes': [models.Index(fields=['agency'], name='grant_agency')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'campaign', 'agency'), name='grant_partner_campaign_agency')],
            },
        ),
        migrations.CreateModel(
            name='Collaboration',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('agency', models.ForeignKey(blank=True, db_index=False, help_text='Who represents the KOL here; empty: nobody.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.agency')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.campaign')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('kol', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.kol')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'kol'], name='collaboration_partner_kol')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'campaign', 'kol'), name='collaboration_partner_campaign_kol')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('order_number', models.CharField(help_text="The order's id at its source: who may see no orders sees which it is.", max_length=200)),
                ('model', models.CharField(choices=[('FIRST', 'First touch'), ('LAST', 'Last touch'), ('LINEAR', 'Linear'), ('POSITION', 'Position based'), ('TIME_DECAY', 'Time decay'), ('SHAPLEY', 'Shapley'), ('MARKOV', 'Markov'), ('CODE_FIRST', 'Code first')], help_text='Which model chose the collaboration.', max_length=10)),
                ('status', models.CharField(choices=[('PENDING', 'Pending'), ('APPROVED', 'Approved'), ('DECLINED', 'Declined'), ('PAID', 'Paid')], default='PENDING', max_length=10)),
                ('currency', models.CharField(max_length=3)),
                ('placed_at', models.DateTimeField()),
                ('approves_at', models.DateTimeField(help_text='When it is approved by itself, if nobody decides before.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('order', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.order')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('collaboration', models.ForeignKey(db_index=False, help_text='To whom it is due now; what was booked for others before is in its lines.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.collaboration')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'collaboration', 'placed_at'], name='claim_partner_collaboration'), models.Index(fields=['partner', 'placed_at'], name='claim_partner_placed'), models.Index(condition=models.Q(('status', 'PENDING')), fields=['partner', 'approves_at'], name='claim_partner_pending')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'order'), name='claim_partner_order')],
            },
        ),
        migrations.CreateModel(
            name='Appearance',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('HOST', 'Host'), ('GUEST', 'Guest')], default='HOST', max_length=5)),
                ('on_screen_seconds', models.PositiveIntegerField(blank=True, help_text='How long on screen; empty: the whole session.', null=True)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'session'], name='appearance_partner_session')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'collaboration', 'session'), name='appearance_partner_collaboration_session')],
            },
        ),
        migrations.CreateModel(
            name='CostLine',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('FEE', 'Fixed fee'), ('POST', 'Fee for posts'), ('SAMPLES', 'Samples, at cost'), ('SHIPPING', 'Shipping'), ('DISCOUNT', 'Discounts the brand pays for'), ('GIVEAWAY', 'Giveaways, at cost'), ('BOOST', 'Paid boost'), ('AGENCY', "Agency's share")], max_length=10)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=20)),
                ('currency', models.CharField(max_length=3)),
                ('on_date', models.DateField()),
                ('note', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.campaign')),
                ('collaboration', models.ForeignKey(blank=True, db_index=False, help_text="Empty: a cost of the whole campaign, no KOL's.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'campaign', 'on_date'], name='cost_partner_campaign')],
            },
        ),
        migrations.CreateModel(
            name='GuestAccess',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(max_length=150)),
                ('granted_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('agency', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.agency')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.campaign')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'guests',
                'indexes': [models.Index(fields=['username'], name='guest_username')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'campaign', 'username'), name='guest_partner_campaign_username')],
            },
        ),
        migrations.CreateModel(
            name='KolAccount',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('platform', models.CharField(choices=[('OWNED', 'Own site'), ('TIKTOK', 'TikTok'), ('SHOPEE', 'Shopee'), ('LAZADA', 'Lazada'), ('FACEBOOK', 'Facebook'), ('INSTAGRAM', 'Instagram'), ('YOUTUBE', 'YouTube'), ('OTHER', 'Other')], max_length=10)),
                ('handle', models.CharField(help_text='Without the @, in lower case.', max_length=200)),
                ('kol', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='kol.kol')),
            ],
            options={
                'verbose_name': 'KOL account',
                'constraints': [models.UniqueConstraint(fields=('platform', 'handle'), name='kolaccount_platform_handle')],
            },
        ),
        migrations.CreateModel(
            name='KolFollowers',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('on_date', models.DateField()),
                ('followers', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followers', to='kol.kolaccount')),
            ],
            options={
                'verbose_name': 'followers',
                'verbose_name_plural': 'followers',
                'constraints': [models.UniqueConstraint(fields=('account', 'on_date'), name='kolfollowers_account_date')],
            },
        ),
        migrations.CreateModel(
            name='LinkHost',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(help_text='In lower case; its subdomains are not meant.', max_length=253)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name': 'allowed link host',
                'constraints': [models.UniqueConstraint(fields=('partner', 'host'), name='linkhost_partner_host')],
            },
        ),
        migrations.CreateModel(
            name='PromoCode',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(help_text='In capitals; orders may write it in any case.', max_length=100)),
                ('is_exclusive', models.BooleanField(default=True)),
                ('valid_from', models.DateTimeField(blank=True, null=True)),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(blank=True, db_index=False, help_text="The session it was told in; orders with it soon after are that session's.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='commerce.livesession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'code', 'collaboration'), name='promocode_partner_code_collaboration'), models.UniqueConstraint(condition=models.Q(('is_exclusive', True)), fields=('partner', 'code'), name='promocode_partner_exclusive')],
            },
        ),
        migrations.CreateModel(
            name='RosterEntry',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('note', models.TextField(blank=True)),
                ('agency', models.ForeignKey(blank=True, db_index=False, help_text='Who represents him to this partner; empty: nobody.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='kol.agency')),
                ('kol', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.kol')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'roster',
                'constraints': [models.UniqueConstraint(fields=('partner', 'kol'), name='roster_partner_kol')],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('starts_on', models.DateField(help_text="The first day, in the partner's calendar.")),
                ('ends_on', models.DateField(help_text='The day after the last one.')),
                ('status', models.CharField(choices=[('ESTIMATED', 'Estimated'), ('APPROVED', 'Approved'), ('LOCKED', 'Locked'), ('PAID', 'Paid')], default='ESTIMATED', max_length=10)),
                ('total', models.DecimalField(blank=True, decimal_places=4, help_text='Sum of its lines as they were locked; null until then.', max_digits=20, null=True)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('locked_at', models.DateTimeField(blank=True, null=True)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('payment_reference', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'collaboration', 'currency', 'starts_on'), name='statement_partner_collaboration_start'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='statement_has_days'), models.CheckConstraint(condition=models.Q(models.Q(('locked_at__isnull', False), ('status__in', ['LOCKED', 'PAID']), ('total__isnull', False)), models.Q(('locked_at', None), ('status__in', ['ESTIMATED', 'APPROVED']), ('total', None)), _connector='OR'), name='statement_total_once_locked'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('payment_reference', ''), _negated=True), ('paid_at__isnull', False), ('status', 'PAID')), models.Q(models.Q(('status', 'PAID'), _negated=True), ('paid_at', None), ('payment_reference', '')), _connector='OR'), name='statement_paid_with_reference')],
            },
        ),
        migrations.CreateModel(
            name='ClaimLine',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('SALE', 'Sale'), ('REFUND', 'Refund'), ('CORRECTION', 'Correction'), ('REVERSAL', 'Reversal')], max_length=10)),
                ('base', models.DecimalField(decimal_places=4, help_text='The net sales this line is the commission of.', max_digits=20)),
                ('amount', models.DecimalField(decimal_places=4, help_text="In the currency's own smallest unit.", max_digits=20)),
                ('currency', models.CharField(max_length=3)),
                ('order_number', models.CharField(help_text='Of the claim: what is locked is read without it.', max_length=200)),
                ('placed_at', models.DateTimeField(help_text='When the order was placed, as it was known.')),
                ('occurred_at', models.DateTimeField(help_text='When what it is for happened.')),
                ('booked_at', models.DateTimeField()),
                ('claim', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.claim')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.collaboration')),
                ('statement', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kol.statement')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'claim'], name='claimline_partner_claim'), models.Index(fields=['partner', 'collaboration', 'statement'], name='claimline_partner_statement'), models.Index(condition=models.Q(('statement__isnull', False)), fields=['partner', 'statement'], name='claimline_partner_on')],
            },
        ),
        migrations.CreateModel(
            name='Terms',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(blank=True, help_text='The day it ends; empty: until the next.', null=True)),
                ('currency', models.CharField(max_length=3)),
                ('fixed_fee', models.DecimalField(decimal_places=4, default=0, help_text='What was agreed; costs are in the ledger.', max_digits=20)),
                ('post_fee', models.DecimalField(decimal_places=4, default=0, help_text='For each post.', max_digits=20)),
                ('posts', models.PositiveIntegerField(default=0)),
                ('sample_units', models.PositiveIntegerField(default=0)),
                ('commission_rate', models.DecimalField(decimal_places=6, default=0, help_text='A share of net sales, 0 to 1.', max_digits=7)),
                ('commission_tiers', models.JSONField(blank=True, default=list, help_text='[{from, rate}]: from which net sales of the collaboration on which rate; empty: one rate.')),
                ('agency_share', models.DecimalField(decimal_places=6, default=0, help_text="The agency's share on top, of all fees.", max_digits=7)),
                ('discount_share', models.DecimalField(decimal_places=6, default=0, help_text="The part of codes' discounts that the KOL pays for.", max_digits=7)),
                ('paid_boost', models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                ('click_window_seconds', models.PositiveIntegerField(blank=True, help_text="Empty: the campaign's.", null=True)),
                ('view_window_seconds', models.PositiveIntegerField(blank=True, help_text="Empty: the campaign's.", null=True)),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name_plural': 'terms',
                'constraints': [models.UniqueConstraint(fields=('partner', 'collaboration', 'valid_from'), name='terms_partner_collaboration_from'), models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='terms_have_days'), models.CheckConstraint(condition=models.Q(('agency_share__gte', 0), ('agency_share__lte', 1), ('commission_rate__gte', 0), ('commission_rate__lte', 1), ('discount_share__gte', 0), ('discount_share__lte', 1)), name='terms_shares_from_0_to_1')],
            },
        ),
        migrations.CreateModel(
            name='TrackingLink',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(editable=False, help_text="Random: the same is nobody else's.", max_length=32)),
                ('destination', models.CharField(max_length=2000)),
                ('utm_source', models.CharField(blank=True, max_length=200)),
                ('utm_medium', models.CharField(blank=True, max_length=200)),
                ('utm_campaign', models.CharField(blank=True, max_length=200)),
                ('utm_content', models.CharField(blank=True, max_length=200)),
                ('utm_term', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('collaboration', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.collaboration')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('session', models.ForeignKey(blank=True, db_index=False, help_text="The session it was told in; orders after a click soon after are that session's.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='commerce.livesession')),
            ],
            options={
                'indexes': [models.Index(fields=['code'], name='trackinglink_code'), models.Index(fields=['partner', 'collaboration'], name='trackinglink_partner_collab')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'code'), name='trackinglink_partner_code')],
            },
        ),
        migrations.CreateModel(
            name='LinkClick',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('clicked_at', models.DateTimeField()),
                ('by', models.CharField(choices=[('PERSON', 'A person'), ('BOT', 'A bot'), ('PREFETCH', 'A prefetch')], max_length=8)),
                ('visitor', models.CharField(blank=True, help_text='The first-party viewer id carried through; empty: none.', max_length=200)),
                ('device', models.CharField(blank=True, help_text='Keyed hash of address and browser.', max_length=32)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('link', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.trackinglink')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'link', 'clicked_at'], name='linkclick_partner_link'), models.Index(fields=['partner', 'clicked_at'], name='linkclick_partner_clicked'), models.Index(condition=models.Q(('visitor', ''), _negated=True), fields=['partner', 'visitor', 'clicked_at'], name='linkclick_partner_visitor')],
            },
        ),
        migrations.CreateModel(
            name='AgencyMembership',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(max_length=150)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kol.agency')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('username',), name='agencymembership_username')],
            },
        ),
    ]
