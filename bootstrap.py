"""Make the virtual environment `.venv/` and install what the project needs; quick when nothing changed.

Run by `make` with any Python 3.11 to 3.13, before anything is installed: only the standard library is at hand.
"""

import argparse
import fcntl
import hashlib
import subprocess
import sys
import tomllib
import venv
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "constraints.txt"
SUPPORTED = ((3, 11), (3, 13))
LINES_SHOWN_OF_A_FAILURE = 25


class BootstrapError(Exception):
    """The environment could not be made; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make or refresh the environment, with the packages for tests when asked for them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[], help="also install this extra of pyproject.toml")
    extras = parser.parse_args(arguments).extra
    try:
        with only_one():
            ensure_environment()
            ensure_packages(extras)
    except BootstrapError as error:
        sys.exit(f"\n{error}")


@contextmanager
def only_one() -> Iterator[None]:
    """Let a second `make` in the same folder wait until the first has installed everything."""
    with PROJECT.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure_environment() -> None:
    """Make `.venv/` unless it has a Python that works and fits. Raises `BootstrapError`."""
    if environment_works():
        return
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        raise BootstrapError(f"CrossMarket needs Python 3.11 to 3.13; {sys.executable} is {sys.version.split()[0]}.")
    print(f"Making .venv with Python {sys.version.split()[0]} ...", flush=True)
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(ENVIRONMENT)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BootstrapError(
            f"The virtual environment {ENVIRONMENT} could not be made ({error}). Where Python comes in several "
            f"packages, as on Debian and Ubuntu, install python{sys.version_info[0]}.{sys.version_info[1]}-venv."
        ) from error


def environment_works() -> bool:
    """Whether `.venv/` has a Python of a version that fits, and pip."""
    question = (
        "import sys, importlib.util as util;"
        f"sys.exit(not ({SUPPORTED[0]} <= sys.version_info[:2] <= {SUPPORTED[1]} and util.find_spec('pip')))"
    )
    try:
        asked = subprocess.run([environment_python(), "-c", question], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def environment_python() -> str:
    """The environment's Python."""
    return str(ENVIRONMENT / "bin" / "python")


def ensure_packages(extras: Sequence[str]) -> None:
    """Install what pyproject.toml asks for in the versions of constraints.txt, unless that was done before.

    Raises `BootstrapError`.
    """
    wanted = fingerprint()
    if all(stamp(name).is_file() and stamp(name).read_text() == wanted for name in ("", *extras)):
        return
    install(requirements(extras))
    for name in ("", *extras):
        stamp(name).write_text(wanted)


def stamp(extra: str) -> Path:
    """The file that says for which state of the project the packages (of an extra) were installed."""
    return ENVIRONMENT / f"installed{'-' * bool(extra)}{extra}"


def fingerprint() -> str:
    """What the installed packages depend on."""
    return hashlib.sha256(PROJECT.read_bytes() + CONSTRAINTS.read_bytes()).hexdigest()


def requirements(extras: Sequence[str]) -> list[str]:
    """The project's direct dependencies, with those of the extras. Raises `BootstrapError` for an unknown extra."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    known = project["optional-dependencies"]
    if unknown := set(extras) - set(known):
        raise BootstrapError(f"There is no extra {', '.join(sorted(unknown))}; known are: {', '.join(sorted(known))}.")
    return [*project["dependencies"], *(name for extra in extras for name in known[extra])]


def install(names: Sequence[str]) -> None:
    """Let pip install the packages, telling where it stands. Raises `BootstrapError`."""
    print("Installing packages into .venv: some minutes the first time, seconds later on.", flush=True)
    command = [environment_python(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--constraint", str(CONSTRAINTS), *names]
    said: deque[str] = deque(maxlen=LINES_SHOWN_OF_A_FAILURE)
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            seen += line.startswith(("Collecting ", "Requirement already satisfied"))
            show_progress(seen, line.strip())
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if pip.returncode:
        raise BootstrapError(
            f"{''.join(said)}\npip could not install the packages; its last words are above. On Python 3.13 some are "
            "compiled, which takes a C compiler and make; Python 3.11 and 3.12 need none."
        )


def show_progress(seen: int, line: str) -> None:
    """One line that changes on a terminal; elsewhere only the big steps."""
    verb, _, rest = line.partition(" ")
    if verb not in {"Collecting", "Downloading", "Installing", "Using"} or not rest:
        return
    if sys.stdout.isatty():
        print(f"\r\033[K  {seen:>3} packages  {verb.lower()} {rest}"[:110], end="", flush=True)
    elif verb == "Installing" or " MB)" in line:
        print(f"  {line[:110]}", flush=True)


if __name__ == "__main__":
    main()
