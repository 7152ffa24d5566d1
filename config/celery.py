"""Celery: hints that work is waiting, and the whole schedule on one screen.

Work itself is rows (see `analytics.staleness`): losing every message loses no work, only seconds.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Redis keeps unacknowledged messages in three places; all must agree.
VISIBILITY_SECONDS = 300

app = Celery("liveledger")
# For every thread, not only the one that imports this.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_soft_time_limit=60,
    task_time_limit=90,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    worker_concurrency=2,
    broker_connection_retry_on_startup=True,
    visibility_timeout=VISIBILITY_SECONDS,
    # A hint that cannot be sent is given up at once: its sender waits, and the sweep does not need it.
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
    },
    result_backend_transport_options={"visibility_timeout": VISIBILITY_SECONDS},
    timezone="UTC",
    beat_schedule={
        "sweep": {"task": "analytics.sweep", "schedule": 5.0, "options": {"expires": 10}},
        "attribute": {"task": "analytics.attribute_all", "schedule": 60.0, "options": {"expires": 60}},
        "customers": {
            "task": "analytics.follow_customers_all",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "advise": {"task": "analytics.advise_all", "schedule": 15.0, "options": {"expires": 15}},
        "debrief": {"task": "analytics.debrief_all", "schedule": 60.0, "options": {"expires": 60}},
        "learn": {"task": "analytics.learn_all", "schedule": 3600.0, "options": {"expires": 1800}},
        "follow-ups": {
            "task": "analytics.list_follow_ups_all",
            "schedule": 600.0,
            "options": {"expires": 600},
        },
        "worth": {
            "task": "analytics.compare_customers_all",
            "schedule": 3600.0,
            "options": {"expires": 1800},
        },
        "uplift": {"task": "analytics.estimate_uplifts", "schedule": 600.0, "options": {"expires": 600}},
        "predict": {"task": "analytics.predict_all", "schedule": 3600.0, "options": {"expires": 1800}},
        "reports": {"task": "analytics.report_all", "schedule": 3600.0, "options": {"expires": 1800}},
        "thin": {"task": "analytics.thin_all", "schedule": 3600.0, "options": {"expires": 1800}},
        "statements": {"task": "kol.settle_all", "schedule": 600.0, "options": {"expires": 600}},
        "retention": {"task": "commerce.expire_all", "schedule": 3600.0, "options": {"expires": 1800}},
        "partitions": {"task": "commerce.make_partitions", "schedule": 3600.0, "options": {"expires": 1800}},
    },
)
app.autodiscover_tasks(["commerce", "kol", "analytics"])
