"""Settings of the console, all from the environment. docs/operations.md lists them for people.

DATABASE_URL, REPLICA_URL, REDIS_URL, PORT and DATA_DIR are the names hosts know. Ours begin with
IGNY8_.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from console.settings import api, parsers
from console.settings.environment import Environment
from console.settings.logs import logging_config
from console.settings.unfold import UNFOLD as UNFOLD

ROOT = Path(__file__).resolve().parent.parent.parent
env = Environment()

# --- What kind of place this is ---

DEMO = env.flag("IGNY8_DEMO", default=False)
DEBUG = env.flag("IGNY8_DEBUG", default=False)
# https everywhere. Off only where there is no https, as on 127.0.0.1.
SECURE = env.flag("IGNY8_SECURE", default=True)
# How many proxies of ours stand in front. With 0, X-Forwarded-For is what anybody claims, and is
# not read.
TRUSTED_PROXIES = env.number("IGNY8_TRUSTED_PROXIES", default=0, most=9)
PRODUCTION = not (DEMO or DEBUG)

# --- Secrets ---

SECRET_KEY = env.read(
    "IGNY8_SECRET_KEY",
    parsers.secret,
    example="<50 random characters>",
    required=True,
    how="Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))' "
    "(or use the demo's: IGNY8_DEMO=1)",
)
# The keys before this one: what they signed stays valid while a key is being changed.
SECRET_KEY_FALLBACKS = env.several(
    "IGNY8_SECRET_KEY_FALLBACKS", parsers.secrets, example="<the key before>"
)
# The first encrypts, all decrypt. Losing them loses the WordPress passwords of every site.
FIELD_ENCRYPTION_KEYS = env.several(
    "IGNY8_FIELD_ENCRYPTION_KEYS",
    parsers.encryption_keys,
    example="<key>,<key before>",
    required=True,
    how="Make one: python -c 'import base64, os; "
    "print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
)

# Signs the tokens of the product's browser app. Unset, it is made from the secret key.
JWT_KEY = env.read("IGNY8_JWT_KEY", parsers.secret, example="<50 random characters>")

# --- Hosts and https ---

ALLOWED_HOSTS = env.several(
    "IGNY8_ALLOWED_HOSTS", parsers.hosts, example="ops.example.com", required=PRODUCTION
)
CSRF_TRUSTED_ORIGINS = env.several(
    "IGNY8_CSRF_TRUSTED_ORIGINS", parsers.origins, example="https://ops.example.com"
)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SECURE
# Asked from inside, without https. And calls of the API: HttpsMiddleware refuses those.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^api/(?!docs/)"]
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
X_FRAME_OPTIONS = "DENY"

# The __Host- prefix has the browser refuse the cookie unless it is ours alone; it needs https.
COOKIE_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}ops"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 12 * 60 * 60
# Lax, not Strict: staff follow links from their help desk all day, and no GET changes anything.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "console.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes of a form or a JSON body; files are not counted
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000  # a bulk action posts one field for each ticked row

# --- Applications ---

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the site is ours: console.site
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "simple_history",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "tenancy",
    "billing",
    "console",
]

MIDDLEWARE = [
    "console.middleware.RequestIdMiddleware",
    "console.middleware.SecurityHeadersMiddleware",
    "console.middleware.NulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.middleware.HttpsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.browser_middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "console.browser_middleware.AuthenticationMiddleware",
    "console.browser_middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.browser_middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data ---

# Connections stay open: opening one for each request costs ten times the throughput.
KEPT_OPEN = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
DATABASES = {
    "default": KEPT_OPEN
    | env.read(
        "DATABASE_URL",
        parsers.database,
        example="postgresql://user:password@host:5432/name",
        default={},
        required=True,
    )
}
# A streaming replica for reports that may lag behind; nothing is written there.
replica = env.read(
    "REPLICA_URL", parsers.database, example="postgresql://user:password@replica:5432/name"
)
if replica:
    DATABASES["replica"] = KEPT_OPEN | replica | {"TEST": {"MIRROR": "default"}}

REDIS_URL = env.read("REDIS_URL", parsers.redis, example="redis://localhost:6379/0")
if REDIS_URL:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Sign-in ---

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Five wrong passwords lock one login from one address for 15 minutes. By address alone, one guesser
# locks a whole office out; by login alone, anybody locks a colleague out.
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "console.sign_in.counted_address"
AXES_USERNAME_CALLABLE = "console.sign_in.login_name"

# --- The JSON API ---

REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS
SIMPLE_JWT = api.simple_jwt(JWT_KEY or api.key_made_from(SECRET_KEY))
# The product's app, where an invitation's link leads.
APP_URL = env.read(
    "IGNY8_APP_URL",
    parsers.origin,
    example="https://app.example.com",
    default="https://app.igny8.example",
)
# Pages of these origins may call /api/v1/ from a browser: with a token, never with a cookie.
CORS_ALLOWED_ORIGINS = env.several(
    "IGNY8_CORS_ORIGINS", parsers.exact_origins, example="https://app.example.com"
)
CORS_URLS_REGEX = "^/api/v1/"
CORS_ALLOW_METHODS = api.CORS_ALLOW_METHODS
CORS_ALLOW_HEADERS = api.CORS_ALLOW_HEADERS
CORS_EXPOSE_HEADERS = api.CORS_EXPOSE_HEADERS
if CORS_ALLOWED_ORIGINS:  # unset, no call is made slower by it
    INSTALLED_APPS.append("corsheaders")
    MIDDLEWARE.insert(
        MIDDLEWARE.index("console.middleware.HttpsMiddleware") + 1,
        "corsheaders.middleware.CorsMiddleware",
    )
# Keeps the answers of calls with an Idempotency-Key. By name: the API of tenancy is below billing.
API_IDEMPOTENCY = "billing.services.idempotency.run"
# How many calls an account (without one: an address) may make in a time.
API_RATES = {
    scope: env.read(f"IGNY8_RATE_{scope.upper()}", parsers.rate, example=default.text) or default
    for scope, default in api.RATES.items()
}

# --- Language, time, static files ---

LANGUAGE_CODE = "en-us"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "console.formats"

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if PRODUCTION:
    STATIC_ROOT = ROOT / "staticfiles"
    STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
else:
    WHITENOISE_USE_FINDERS = True  # straight from where they lie, without collectstatic

# --- Packages ---

# Reasons are longer than the 100 characters of the stock column.
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- Mail and money ---

email = env.read(
    "IGNY8_EMAIL_URL",
    parsers.email,
    example="smtp+tls://user:password@smtp.example.com:587",
    default={"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
    required=PRODUCTION,
)
globals().update(email)
DEFAULT_FROM_EMAIL = env.text(
    "IGNY8_FROM_EMAIL",
    example="billing@example.com",
    default="billing@igny8.example",
    required=PRODUCTION,
)
EMAIL_TIMEOUT = 10  # seconds

# Up to this much, in a payment's currency, one person may write off as a shortfall.
WRITE_OFF_TOLERANCE = env.read(
    "IGNY8_WRITE_OFF_TOLERANCE", parsers.money, example="5.00", default=Decimal("5.00")
)

# What a customer is told to pay to. The demo's account is the example printed in the standard.
BANK_DETAILS = {
    "account_name": env.text(
        "IGNY8_BANK_ACCOUNT_NAME", example="IGNY8 Ltd", default="IGNY8 Demo", required=PRODUCTION
    ),
    "iban": env.read(
        "IGNY8_BANK_IBAN",
        parsers.bank_account,
        example="GB82 WEST 1234 5698 7654 32",
        default="GB82 WEST 1234 5698 7654 32",
        required=PRODUCTION,
    ),
    "bic": env.read(
        "IGNY8_BANK_BIC",
        parsers.bank_code,
        example="WESTGB22",
        default="WESTGB22",
        required=PRODUCTION,
    ),
    "bank_name": env.text(
        "IGNY8_BANK_NAME", example="Example Bank", default="West Demo Bank", required=PRODUCTION
    ),
}

# Who writes the invoices. Unset, it is who owns the bank account.
SELLER = {
    "name": env.text("IGNY8_SELLER_NAME", example="IGNY8 Ltd") or BANK_DETAILS["account_name"],
    "address": env.several(
        "IGNY8_SELLER_ADDRESS",
        parsers.lines,
        example="1 Example Street; London EC1A 1BB; GB",
        default=["1 Demo Street", "London EC1A 1BB", "GB"] if DEMO else [],
    ),
    "tax_id": env.text("IGNY8_SELLER_TAX_ID", example="GB123456789"),
    "email": DEFAULT_FROM_EMAIL,
}

# --- Logging ---

LOGGING = logging_config(
    level=env.read("IGNY8_LOG_LEVEL", parsers.log_level, example="INFO", default="INFO"),
    plain=not PRODUCTION,
)

env.finish()
