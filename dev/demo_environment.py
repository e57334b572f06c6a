"""What a machine without settings needs: secrets made once and kept in DATA_DIR, and demo values.

Only for `make run`, `make screenshots` and `manage.py`. Production sets its own, and never comes
here.
"""

import base64
import json
import os
import secrets
from pathlib import Path

from dev.embedded_postgres import Server, use
from dev.places import data_dir, own_files

DEMO_VALUES = {
    "IGNY8_DEMO": "1",
    # Plain http on this machine only: the server listens on 127.0.0.1.
    "IGNY8_SECURE": "0",
    "IGNY8_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
}


def is_wanted() -> bool:
    """Whether `manage.py` may fall back to the demo: asked to, or nobody configured anything."""
    if os.environ.get("IGNY8_DEMO"):
        return os.environ["IGNY8_DEMO"].lower() in {"1", "true", "yes", "on"}
    return not (os.environ.get("DATABASE_URL") or os.environ.get("IGNY8_SECRET_KEY"))


def prepare() -> Server | None:
    """Fill in the settings that are missing, and start the database when none is named."""
    folder = data_dir()
    with own_files():
        values = DEMO_VALUES | _secrets(folder / "secrets.json")
    for name, value in values.items():
        os.environ.setdefault(name, value)
    if os.environ.get("DATABASE_URL"):
        return None
    server = use(folder=folder)
    os.environ["DATABASE_URL"] = server.url
    return server


def _secrets(path: Path) -> dict[str, str]:
    """Read the secrets, or make them. Two processes that make them at once get the same."""
    if not path.exists():
        made = {
            "IGNY8_SECRET_KEY": secrets.token_urlsafe(50),
            "IGNY8_FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(
                secrets.token_bytes(32)
            ).decode(),
        }
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
        try:
            os.link(draft, path)  # fails if the other one was first; half a file is never seen
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return json.loads(path.read_text())
