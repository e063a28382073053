"""Where the bundled services keep their data and listen."""

import os
from pathlib import Path

LONGEST_SOCKET_FOLDER = 85
"""Unix socket paths end at about 107 characters, and file names come on top of the folder."""

DATABASE = "crossmarket"
"""The name of the database in the bundled PostgreSQL."""


class EmbeddedServiceError(Exception):
    """A bundled service could not be started; the message says what to do."""


def data_folder() -> Path:
    """The folder of everything this copy keeps: `CROSSMARKET_VAR`, by default `var/` beside `manage.py`."""
    beside_manage = Path(__file__).resolve().parents[2] / "var"
    return Path(os.environ.get("CROSSMARKET_VAR") or beside_manage).expanduser().resolve()


def database_folder() -> Path:
    """Where the bundled PostgreSQL keeps its data and its socket."""
    return data_folder() / "postgres"


def redis_socket() -> Path:
    """Where the bundled Redis listens."""
    return data_folder() / "redis" / "redis.sock"


def made_data_folder() -> Path:
    """The data folder, made when it is missing.

    Raises `EmbeddedServiceError` when it cannot be made or its path is too long for sockets.
    """
    folder = data_folder()
    if len(str(folder)) > LONGEST_SOCKET_FOLDER:
        raise EmbeddedServiceError(
            f"The data folder {folder} has a path of {len(str(folder))} characters; sockets there need at most "
            f"{LONGEST_SOCKET_FOLDER}. Set CROSSMARKET_VAR to a folder with a shorter path."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServiceError(
            f"The data folder {folder} cannot be made ({error.strerror}). Set CROSSMARKET_VAR to a folder of yours."
        ) from error
    return folder
