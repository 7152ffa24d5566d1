"""Settings, from the environment; with none at all, everything points at the private servers."""

from pathlib import Path
from typing import Any, cast

from environs import Env
from psycopg.conninfo import conninfo_to_dict

from config.local import DatabaseRole, LocalServers, data_directory
from config.logs import LOGGING as LOGGING
from config.logs import LOGGING_CONFIG as LOGGING_CONFIG

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_directory()
LOCAL_SERVERS = LocalServers(DATA_DIR)

DEBUG = False
SECRET_KEY = env.str("LIVELEDGER_SECRET_KEY", None) or LOCAL_SERVERS.secret_key()
ALLOWED_HOSTS = env.list("LIVELEDGER_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("LIVELEDGER_TRUSTED_ORIGINS", [])

# -- PostgreSQL: three roles -------------------------------------------------------------------
WORKER_ROLE = "liveledger_worker"
WEB_ROLE = "liveledger_web"
# Behind pgbouncer in transaction mode: no prepared statements, and a URL of its own for each role.
IS_POOLED = env.bool("LIVELEDGER_POOLED", False)
PROCESS_ROLE = cast(DatabaseRole, env.str("LIVELEDGER_ROLE", "worker"))


def database(role: DatabaseRole) -> dict[str, Any]:
    """Connection settings of one role: its own URL, or the owner's login that takes the role on."""
    url = env.str("DATABASE_URL", None)
    own = env.str(f"DATABASE_{role.upper()}_URL", None) if role != "owner" else None
    parts = conninfo_to_dict(own or url or LOCAL_SERVERS.database_url(role=role))
    options = dict(parts)
    settings = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", "liveledger"),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "TIME_ZONE": None,
        "OPTIONS": options,
    }
    if url and not own and role != "owner":
        name = {"worker": WORKER_ROLE, "web": WEB_ROLE}[role]
        settings["OPTIONS"] = {**options, "options": f"{options.get('options', '')} -c role={name}".strip()}
    return settings


DATABASES = {"default": database(PROCESS_ROLE), "worker": database("worker")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis or Valkey ---------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", None) or LOCAL_SERVERS.redis_url
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)

# -- Django ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "config",
    "commerce",
    "kol",
    "analytics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "commerce.access.PartnerScopeMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
# Behind TLS (any production) everything a browser keeps or follows is for TLS alone.
IS_TLS = env.bool("LIVELEDGER_TLS", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_TLS else None
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_TLS
SECURE_HSTS_SECONDS = 31_536_000 if IS_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_TLS
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True

# -- The API -----------------------------------------------------------------------------------
EXPLORER = env.bool("LIVELEDGER_EXPLORER", False)
STATEMENT_TIMEOUT_MS = env.int("LIVELEDGER_STATEMENT_TIMEOUT_MS", 5000)

# -- The admin ---------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Liveledger",
    "SITE_HEADER": "Liveledger",
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "analytics.admin.dashboard.counts",
}
