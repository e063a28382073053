"""Settings: every one that differs from place to place comes from the environment (see docs/operating.md)."""

import logging
from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.management.utils import get_random_secret_key
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from crossmarket import embedded
from crossmarket.logging import logging_configuration

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = embedded.data_folder()


def _secret_key() -> str:
    """The key of the environment, or one made once and kept in the data folder."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return given
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(get_random_secret_key() + get_random_secret_key())
    return kept.read_text()


SECRET_KEY = _secret_key()
CONTACT_KEYS = env.list("CONTACT_KEYS", default=[SECRET_KEY])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
PORT = env.int("PORT", default=8000)
HTTPS = env.bool("HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}")

INSTALLED_APPS = [
    "crossmarket",
    "crossmarket.foundation",
    "accounts",
    "profiles",
    "recommend",
    "promotions",
    "campaigns",
    "crossmarket.rights",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "crossmarket.urls"
WSGI_APPLICATION = "crossmarket.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

EMBEDDED_DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": embedded.DATABASE,
    "USER": "postgres",
    "HOST": str(embedded.database_folder()),
}
DATABASES = {"default": env.db("DATABASE_URL") if env.str("DATABASE_URL", default="") else EMBEDDED_DATABASE}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or f"unix://{embedded.redis_socket()}"
CACHES = {
    "default": {
        "BACKEND": "crossmarket.foundation.forgiving_cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 24 * 3600}
CELERY_TASK_ROUTES = {
    "accounts.webhooks.*": {"queue": "webhooks"},
    "accounts.contacts.*": {"queue": "webhooks"},
    "live.*": {"queue": "live"},
    "recommend.learn_segment_tastes": {"queue": "long"},
    # Short and soon, however long the jobs of the others take.
    "recommend.store_recommendations": {"queue": "live"},
    "recommend.learn_from_answers": {"queue": "live"},
    "promotions.*": {"queue": "live"},
    "campaigns.*": {"queue": "live"},
    "foundation.end_lost_jobs": {"queue": "live"},
}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "end jobs whose worker is gone": {"task": "foundation.end_lost_jobs", "schedule": 60.0},
    "write down what was recommended": {
        "task": "recommend.store_recommendations",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "follow in the shadow": {
        "task": "recommend.follow_in_shadow",
        "schedule": 20.0,
        "options": {"expires": 20.0},
    },
    "count what came of what was tried": {
        "task": "recommend.learn_from_answers",
        "schedule": 180.0,
        "options": {"expires": 180.0},
    },
    "leave out what nothing should be learned from": {
        "task": "profiles.clean_what_came",
        "schedule": 180.0,
        "options": {"expires": 180.0},
    },
    "look for clusters": {"task": "profiles.follow_profiles", "schedule": 120.0, "options": {"expires": 100.0}},
    "build profiles": {"task": "profiles.build_profiles_nightly", "schedule": crontab(hour=2, minute=10)},
    "look for webhooks to deliver": {
        "task": "accounts.webhooks.look",
        "schedule": 1.0,
        "options": {"expires": 5.0},
    },
    "match accounts by their contacts": {
        "task": "accounts.contacts.match",
        "schedule": 1.0,
        "options": {"expires": 5.0},
    },
    "look at whom something changed of": {"task": "live.look", "schedule": 20.0, "options": {"expires": 20.0}},
    "let time pass in segments": {"task": "live.let_time_pass", "schedule": 60.0, "options": {"expires": 60.0}},
    "look for accounts that resemble one another": {
        "task": "accounts.matching.look_nightly",
        "schedule": crontab(hour=1, minute=10),
    },
    "train the ranker": {"task": "recommend.follow_first_stage", "schedule": 120.0, "options": {"expires": 100.0}},
    "look at courses": {"task": "recommend.look_at_courses_nightly", "schedule": crontab(hour=2, minute=30)},
    "count what segments like": {
        "task": "recommend.learn_segment_tastes",
        "schedule": 1_800.0,
        "options": {"expires": 1_800.0},
    },
    "train the recommender": {"task": "recommend.train_on_schedule", "schedule": 60.0, "options": {"expires": 60.0}},
    "give back what reservations held": {
        "task": "promotions.release_overdue",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "let campaigns begin and end": {"task": "campaigns.follow_the_clock", "schedule": 30.0},
    "send messages that are due": {"task": "campaigns.send_due", "schedule": 20.0},
    "remind of coupons and check-ins": {"task": "campaigns.remind", "schedule": 600.0},
    "let points go whose time is over": {"task": "promotions.expire_points", "schedule": 600.0},
    "make personal offers": {"task": "promotions.make_offers", "schedule": crontab(hour=3, minute=40)},
    "forget answers that may not be sent again": {"task": "foundation.forget_answers", "schedule": 3600.0},
    "finish erasures": {"task": "rights.finish_erasures", "schedule": 60.0},
    "forget what has had its time": {"task": "rights.forget_old", "schedule": 3600.0},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "recommend:home"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
SOCIALACCOUNT_PROVIDERS = env.json("SOCIALACCOUNT_PROVIDERS", default={})
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
EMAIL_CONFIGURATION = env.email("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = EMAIL_CONFIGURATION["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIGURATION.get("EMAIL_HOST", "")
EMAIL_HOST_USER = EMAIL_CONFIGURATION.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = EMAIL_CONFIGURATION.get("EMAIL_HOST_PASSWORD", "")
EMAIL_PORT = EMAIL_CONFIGURATION.get("EMAIL_PORT") or 25
EMAIL_USE_TLS = EMAIL_CONFIGURATION.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIGURATION.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="CrossMarket <no-reply@localhost>")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# What the widget shows besides recommendations: a script, and a style sheet beside it, of the room that knows about it.
WIDGET_KINDS = [
    BASE_DIR / "promotions" / "widget" / "offers.js",
    BASE_DIR / "campaigns" / "widget" / "checkin.js",
    BASE_DIR / "campaigns" / "widget" / "lottery.js",
]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": env.json("MEDIA_STORAGE", default={"BACKEND": "django.core.files.storage.FileSystemStorage"}),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_WHOLE_DOMAIN", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "SAMEORIGIN"
# The admin shows a live preview of the widget in a frame, so that DENY, which this check asks for, is too much.
SILENCED_SYSTEM_CHECKS = ["security.W019"]

# Any site may read answers of the partner API: it carries no cookies, and publishable keys check the origin themselves.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-encoding", "content-type", "x-user-token", "idempotency-key"]
CORS_EXPOSE_HEADERS = ["retry-after", "ratelimit", "ratelimit-policy"]
CORS_PREFLIGHT_MAX_AGE = 86_400

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crossmarket.foundation.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
API_RATE_LIMIT_SECRET = env.int("API_RATE_LIMIT_SECRET", default=60_000)
API_RATE_LIMIT_PUBLISHABLE = env.int("API_RATE_LIMIT_PUBLISHABLE", default=600)
WEBHOOKS_TO_PRIVATE_NETWORKS = env.bool("WEBHOOKS_TO_PRIVATE_NETWORKS", default=False)

EXPLORE = env.bool("EXPLORE", default=True)
SENTENCE_MODEL = env.str("SENTENCE_MODEL", default="")
HOLDOUT_SHARE = env.float("HOLDOUT_SHARE", default=0.05)
RESERVATION_SECONDS = env.int("RESERVATION_SECONDS", default=900)

# Whether a batch goes live only by another person than those who handed it in or changed it since.
FOUR_EYES = env.bool("FOUR_EYES", default=False)

SPECTACULAR_SETTINGS = {
    "TITLE": "CrossMarket partner API",
    "DESCRIPTION": "Events in; recommendations and changes out. Errors are RFC 9457 problem details.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": ["crossmarket.foundation.schema.add_components"],
}

LOGGING_CONFIG = None
LOGGING = logging_configuration(env.str("LOG_LEVEL", default="INFO"), env.str("LOG_FORMAT", default="console"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = None
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO

BRAND_SHADES = {
    "50": "#eef8f4",
    "100": "#d7efe6",
    "200": "#b1dfd0",
    "300": "#7fc8b1",
    "400": "#4fb394",
    "500": "#2a9a7b",
    "600": "#0d6b52",
    "700": "#0b5643",
    "800": "#0a4537",
    "900": "#08392e",
    "950": "#03201a",
}
UNFOLD = {
    "SITE_TITLE": "CrossMarket",
    "SITE_HEADER": "CrossMarket",
    "SITE_SUBHEADER": _("Marketer's desk"),
    "SITE_SYMBOL": "hub",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("img/favicon.svg")}],
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "crossmarket.dashboard.dashboard",
    "SIDEBAR": {"navigation": "crossmarket.sidebar.navigation"},
    "COLORS": {"primary": BRAND_SHADES},
    "STYLES": [lambda _request: static("desk/desk.css")],
    "SCRIPTS": [lambda _request: static("desk/desk.js")],
}
