"""All settings: environment variables with typed defaults, described in docs/configuration.md.

Business knobs (roles, calendars, tiers, reminders…) are rows with a page to edit them, never settings.
"""

import secrets
import sys
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from crm.core import logs
from crm.core.mailbox import mailbox

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("CRM_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()


def _secret_key() -> str:
    """The key given by the environment, else one made once and kept in the data folder."""
    if key := env.str("CRM_SECRET_KEY", default=""):
        return key
    path = DATA_DIR / "secret.key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text().strip()


# --- Security -------------------------------------------------------------------------------------------------

SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("CRM_SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("CRM_DEBUG", default=False)
BASE_URL = env.str("CRM_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("CRM_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_FAILURE_VIEW = "crm.core.errors.stale_page"
CSRF_COOKIE_HTTPONLY = False  # htmx reads the token from <body hx-headers>, never from the cookie
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.int("CRM_TRUSTED_PROXIES", default=0) else None
)
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- Applications ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "accounts",
    "sales",
    "service",
    "marketing",
    "reports",
    "crm.demo",
    "crm.api",
    "crm.console",
    "crm.automation",
    "crm.listing",
    "crm.approvals",
    "crm.records",
    "crm.identity",
    "crm.events",
    "crm.core",
    "unfold.apps.BasicAppConfig",
    "crm.console.admin_config.CrmAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "django_filters",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "crm.core.middleware.ObservationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "crm.core.uploads.UploadLimitMiddleware",
    "crm.core.middleware.FileSentMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.console.middleware.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "crm.identity.middleware.PreferencesMiddleware",
    "crm.console.middleware.SessionWatchMiddleware",
    "crm.console.middleware.NewPasswordMiddleware",
    "crm.console.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"

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
                "csp.context_processors.nonce",
                "crm.console.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # forms take our own widget templates, too

# --- Database, cache, sessions --------------------------------------------------------------------------------

# Two roles: the app's may only INSERT and SELECT events; the owner's migrates and runs the tests.
OWNER_COMMANDS = {"migrate", "sqlmigrate", "createcachetable", "sync_roles", "backup", "restore"}
TESTING = "pytest" in sys.modules
AS_OWNER = TESTING or bool(OWNER_COMMANDS.intersection(sys.argv[1:2]))

APP_DATABASE_URL = env.str("DATABASE_URL", default="postgres://crm_app@127.0.0.1:5432/crm")
OWNER_DATABASE_URL = env.str("DATABASE_OWNER_URL", default=APP_DATABASE_URL)
APP_DATABASE_ROLE = env.db_url_config(APP_DATABASE_URL)["USER"]

DATABASES = {
    "default": {
        **env.db_url_config(OWNER_DATABASE_URL if AS_OWNER else APP_DATABASE_URL),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "options": "-c timezone=UTC"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the database, so that signing in and its rate limits work while the broker is away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # a lock-out must not fall out before its time
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # counters of one web process
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- People ---------------------------------------------------------------------------------------------------

SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # our backend answers for guardian, by the same rule as every list
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["crm.identity.backends.CrmBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "crm.console.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "crm.console.forms.auth.SignInForm",
    "reset_password": "crm.console.forms.auth.ForgottenPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers must not be able to make us write to other strangers
ACCOUNT_RATE_LIMITS = {  # a whole office may sit behind one address
    "login": "120/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
    "reset_password": "20/m/ip,3/5m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "10/m/user",
    "opt_out": "30/m/ip",
    "web_form": env.str("CRM_WEB_FORM_RATE", default="10/m/ip,300/m/key"),  # by visitor, and by form
    # A customer's office looks at a link and keeps its PDF; who tries links out, or lets PDFs be drawn, is stopped.
    "public_quote": env.str("CRM_PUBLIC_LINK_RATE", default="60/m/ip"),
    "public_quote_pdf": env.str("CRM_PUBLIC_PDF_RATE", default="10/m/ip"),
}
PASSWORD_RESET_TIMEOUT = 60 * 60 * 4
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
# The second factor is asked for where the role says so; the switch is for the day on which nobody gets in any more.
SECOND_FACTOR = env.bool("CRM_SECOND_FACTOR", default=not TESTING)
CONFIRM_MINUTES = env.int(
    "CRM_CONFIRM_MINUTES", default=0 if TESTING else 15
)  # before dangerous acts; 0: never
ACCOUNT_REAUTHENTICATION_TIMEOUT = CONFIRM_MINUTES * 60
MFA_ADAPTER = "crm.console.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "crm.console.forms.codes.SetUpForm",
    "authenticate": "crm.console.forms.codes.UseCodeForm",
    "reauthenticate": "crm.console.forms.codes.ConfirmCodeForm",
    "add_webauthn": "crm.console.forms.security_keys.AddKeyForm",
    "authenticate_webauthn": "crm.console.forms.security_keys.UseKeyForm",
    "reauthenticate_webauthn": "crm.console.forms.security_keys.ConfirmKeyForm",
    "edit_webauthn": "crm.console.forms.security_keys.RenameKeyForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CRM_TRUSTED_PROXIES", default=0)

GUARDIAN_RAISE_403 = False
ANONYMOUS_USER_NAME = None  # guardian's stand-in user: nobody may do anything without signing in

# --- Language and time ----------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("CRM_LANGUAGE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.str("CRM_TIME_ZONE", default="Asia/Shanghai")  # the company's zone: rules follow it
BASE_CURRENCY = env.str("CRM_BASE_CURRENCY", default="CNY")
COMPANY_NAME = env.str("CRM_COMPANY_NAME", default="")

# --- Files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("CRM_STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "files"
FONTS_DIR = Path(env.str("CRM_FONTS_DIR", default=str(DATA_DIR / "fonts")))  # static TTF files for PDF
IMPORT_MAX_MB = env.int("CRM_IMPORT_MAX_MB", default=50)  # 100,000 rows of 12 columns take 13 MB
IMPORT_KEEP_DAYS = env.int("CRM_IMPORT_KEEP_DAYS", default=30)
EXPORT_KEEP_HOURS = env.int("CRM_EXPORT_KEEP_HOURS", default=24)
FILE_MAX_MB = env.int("CRM_FILE_MAX_MB", default=20)  # one attachment
FILES_PERSON_MB = env.int("CRM_FILES_PERSON_MB", default=5_000)  # all attachments of one person; 0: no limit
FILES_TOTAL_MB = env.int("CRM_FILES_TOTAL_MB", default=50_000)  # all attachments; 0: no limit
STORAGES = {
    "default": {
        "BACKEND": env.str("CRM_FILES_BACKEND", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("CRM_FILES_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "crm.core.static.StaticFiles"
    },
}
# Files are looked up when they are asked for; otherwise all of them are read whenever an application starts, and every
# test starts several.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or TESTING

# --- E-mail ---------------------------------------------------------------------------------------------------

EMAIL_CONFIGURED = bool(env.str("EMAIL_URL", default=""))  # without it pages say whom to ask instead
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("CRM_EMAIL_FROM", default="Yuanke <crm@localhost>")
# Answers to mails of cadences: where they go (`{token}` is the mark of one mail), and the mailbox they are read from.
REPLY_ADDRESS = env.str("CRM_REPLY_ADDRESS", default="").strip().lower()
INBOX_URL = env.str("CRM_INBOX_URL", default="")
INBOX = mailbox(INBOX_URL)

# --- Background work ------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = (
    False  # what kills its worker must not come back at once, for ever: rows bring it back
)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ALWAYS_EAGER = TESTING
CELERY_TASK_EAGER_PROPAGATES = TESTING
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * 60 * 60,  # longer than the longest task
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY = False  # rows wait in the database; a dead broker must not make people wait
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "deliver-events": {"task": "crm.events.tasks.deliver_events", "schedule": 10.0},
    "send-emails": {"task": "crm.automation.tasks.send_emails", "schedule": 15.0},
    "fetch-mail": {"task": "crm.automation.tasks.fetch_mail", "schedule": 60.0},
    "send-robot-messages": {"task": "crm.automation.tasks.send_robot_messages", "schedule": 20.0},
    "send-digests": {"task": "crm.automation.tasks.send_digests", "schedule": 300.0},
    "send-due-reminders": {"task": "accounts.tasks.send_due_reminders", "schedule": 60.0},
    "sweep-reminders": {"task": "accounts.tasks.sweep_reminders", "schedule": 900.0},
    "wake-jobs": {"task": "crm.listing.tasks.wake_waiting_jobs", "schedule": 30.0},
    "forget-keys": {"task": "crm.listing.tasks.forget_idempotency_keys", "schedule": 3600.0},
    "resume-imports": {"task": "crm.listing.importing.tasks.resume_imports", "schedule": 30.0},
    "tidy-imports": {"task": "crm.listing.importing.tasks.tidy_imports", "schedule": 3600.0},
    "tidy-exports": {"task": "crm.listing.exporting.tasks.tidy_exports", "schedule": 120.0},
    "assign-leads": {"task": "sales.tasks.assign_waiting_leads", "schedule": 60.0},
    "move-on-leads": {"task": "sales.tasks.move_on_missed_leads", "schedule": 60.0},
    "run-cadences": {"task": "sales.tasks.run_cadences", "schedule": 60.0},
    "recycle-pools": {"task": "sales.tasks.recycle_pools", "schedule": crontab(hour="1", minute="15")},
    "review-life-cycles": {
        "task": "accounts.tasks.review_life_cycles",
        "schedule": crontab(hour="1", minute="40"),
    },
    "find-duplicates": {"task": "accounts.tasks.find_duplicates", "schedule": crontab(hour="2", minute="30")},
    "empty-bin": {"task": "accounts.tasks.empty_bin", "schedule": 6 * 3600.0},
    "rescore-leads": {"task": "sales.tasks.rescore_leads", "schedule": crontab(hour="1", minute="10")},
    "learn-lead-score": {
        "task": "sales.tasks.learn_lead_score",
        "schedule": crontab(hour="3", minute="40", day_of_week="sun"),
    },
    "empty-lead-bin": {"task": "sales.tasks.empty_lead_bin", "schedule": 6 * 3600.0},
    "empty-opportunity-bin": {"task": "sales.tasks.empty_opportunity_bin", "schedule": 6 * 3600.0},
    "close-what-ended": {
        "task": "sales.tasks.close_what_ended",
        "schedule": crontab(hour="*/4", minute="20"),
    },
    "remind-of-payments": {
        "task": "sales.tasks.remind_of_payments",
        "schedule": crontab(hour="8-20", minute="5"),
    },
    "empty-sales-bin": {"task": "sales.tasks.empty_sales_bin", "schedule": 6 * 3600.0},
    "check-calendars": {"task": "crm.records.tasks.check_calendars", "schedule": 6 * 3600.0},
    "tidy-files": {"task": "crm.records.tasks.delete_unattached_files", "schedule": 6 * 3600.0},
    "make-previews": {"task": "crm.records.tasks.make_previews", "schedule": 60.0},
    "follow-fields": {"task": "crm.records.tasks.follow_fields", "schedule": 600.0},
    "tidy-sessions": {"task": "crm.identity.tasks.tidy_sessions", "schedule": 6 * 3600.0},
    "watch-approvals": {"task": "crm.approvals.tasks.watch_approvals", "schedule": 300.0},
    "expire-grants": {"task": "crm.identity.tasks.remove_expired_grants", "schedule": 3600.0},
    "take-forecast-snapshot": {
        "task": "reports.tasks.take_forecast_snapshot",
        "schedule": crontab(hour="9", minute="0"),
    },
    "learn-odds": {"task": "reports.tasks.learn_odds", "schedule": crontab(hour="3", minute="40")},
    "forget-forecast-deals": {
        "task": "reports.tasks.forget_forecast_deals",
        "schedule": crontab(hour="3", minute="10", day_of_week="0"),
    },
}

# --- Logs and figures -----------------------------------------------------------------------------------------

LOG_LEVEL = env.str("CRM_LOG_LEVEL", default="WARNING" if TESTING else "INFO")
LOG_READABLE = env.bool("CRM_LOG_READABLE", default=DEBUG or TESTING)
LOGGING = logs.configuration(readable=LOG_READABLE, level=LOG_LEVEL)
logs.configure()
METRICS_TOKEN = env.str("CRM_METRICS_TOKEN", default="")
SLOW_QUERY_MS = env.int("CRM_SLOW_QUERY_MS", default=500)
SENTRY_DSN = env.str("CRM_SENTRY_DSN", default="")

# --- Django admin ---------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": _("Yuanke administration"),
    "SITE_HEADER": _("Administration of Yuanke"),
    "SITE_SYMBOL": "settings",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {  # the brand's blue, as in static/css/tokens.css
        "primary": {
            "50": "#eaf0fc",
            "100": "#d6e2fa",
            "200": "#b3c9f5",
            "300": "#8fb2ff",
            "400": "#5d8bea",
            "500": "#3567d6",
            "600": "#2457c5",
            "700": "#1c46a3",
            "800": "#183a85",
            "900": "#15306b",
            "950": "#0e1f47",
        }
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False},
}

# --- API ------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.listing.rest.auth.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "crm.listing.rest.auth.MayWrite",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "crm.listing.rest.parsing.DecentJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["crm.listing.rest.errors.ProblemRenderer"],
    "DEFAULT_THROTTLE_CLASSES": [] if TESTING else ["crm.listing.rest.auth.PerPerson"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crm.listing.rest.errors.handle",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Yuanke API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "GradeEnum": "accounts.models.choices.Tier",
        "ImportStateEnum": "crm.records.models.import_job.ImportJob.State",
        "ExportStateEnum": "crm.records.models.export_job.ExportJob.State",
        "ImportModeEnum": "crm.records.models.import_job.ImportJob.Mode",
        "SourceEnum": "accounts.models.choices.Source",
        "LeadStatusEnum": "sales.models.choices.LeadStatus",
        "LeadReasonEnum": "sales.models.choices.DisqualifyReason",
        "CloseReasonEnum": "sales.models.choices.CloseReason",
        "OrderKindEnum": "sales.models.order.OrderKind",
        "MailLanguageEnum": "crm.settings.LANGUAGES",
    },
}
