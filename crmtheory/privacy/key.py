"""The key that turns customer ids into hashes: where it is read from, and how a good one is made.

In this order: the text in CRMTHEORY_KEY, the file that CRMTHEORY_KEY_FILE names, the file
~/.config/crmtheory/key. No message ever holds a key or part of it. That is why the name in
CRMTHEORY_KEY_FILE is not repeated when there is no such file: it may be a key put into the wrong variable.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from crmtheory.errors import SchemaError

VARIABLE, FILE_VARIABLE = "CRMTHEORY_KEY", "CRMTHEORY_KEY_FILE"
SHORTEST, LONGEST = 16, 4096  # bytes; a longer file is no key but a mistake
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # what some editors and shells put before a text
GENERATE = 'python -c "import secrets; print(secrets.token_hex(32))"'


def read_key() -> bytes:
    """The key, from the environment or from its file.

    Returns
    -------
    bytes : the UTF-8 text of CRMTHEORY_KEY as it stands, or the content of the key file without its final
        line end

    Raises
    ------
    SchemaError : there is no key; both variables are set; the key is shorter than 16; the file cannot be
        read, is no regular file, or others than its owner may read it

    >>> import os
    >>> os.environ["CRMTHEORY_KEY"] = "an example, no secret"
    >>> read_key()
    b'an example, no secret'
    >>> del os.environ["CRMTHEORY_KEY"]
    """
    text, place = os.environ.get(VARIABLE), os.environ.get(FILE_VARIABLE)
    if text is not None and place is not None:
        raise SchemaError(
            f"{VARIABLE} and {FILE_VARIABLE} are both set, and it is not clear which key is meant. "
            f"Unset one of them: unset {VARIABLE}, or unset {FILE_VARIABLE}."
        )
    if text is not None:
        return _long_enough(_encoded(text), f"The key in {VARIABLE}", len(text), "characters")
    if place is not None:
        return _from_file(Path(place).expanduser(), named=True)
    return _from_file(key_file(), named=False)


def key_file() -> Path:
    """Where the key is looked for when no variable names another place.

    >>> key_file().parts[-2:]
    ('crmtheory', 'key')
    """
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    # a relative XDG_CONFIG_HOME is to be ignored, says the convention
    return (config if config.is_absolute() else Path.home() / ".config") / "crmtheory" / "key"


def make_key(path: str | Path | None = None) -> Path:
    """Write a new random key (64 hexadecimal digits) that only its owner can read.

    Parameters
    ----------
    path : the file; by default the one that `read_key` looks for. Missing folders are made.

    Returns
    -------
    Path : the file that was written

    Raises
    ------
    SchemaError : the file is there already; it is never overwritten

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(make_key(folder + "/key").read_text())
    65
    """
    file = Path(path).expanduser() if path is not None else key_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SchemaError(
            f"{file} exists and is not overwritten: with a new key every customer gets another hash, and "
            "tables made before no longer match. Name another file, or move this one away first."
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as stream:
            stream.write(f"{secrets.token_hex(32)}\n")
    except BaseException:  # half a key would be taken for a key
        file.unlink(missing_ok=True)
        raise
    return file


def _from_file(file: Path, named: bool) -> bytes:
    """The key in a file; `named` says that CRMTHEORY_KEY_FILE names it."""
    try:
        # without O_NONBLOCK a named pipe would wait for ever; Windows has no such flag but needs O_BINARY
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(file, flags)
    except FileNotFoundError:
        if named:
            raise SchemaError(
                f"There is no file of the name that is in {FILE_VARIABLE}. Make one: "
                f'(umask 077; {GENERATE} > "${FILE_VARIABLE}")'
            ) from None
        raise SchemaError(
            f"There is no key. Set {VARIABLE} or {FILE_VARIABLE}, or make the file {file}: crmtheory key, or "
            f'mkdir -p "{file.parent}" && (umask 077; {GENERATE} > "{file}")'
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        which = f"The file that {FILE_VARIABLE} names" if named else f"The key file {file}"
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise SchemaError(f"{which} cannot be read: {reason}.") from None
    try:
        state = os.fstat(handle)  # of the file that is open, which nobody can swap any more
        if not stat.S_ISREG(state.st_mode):
            raise SchemaError(f"{file} is not a regular file. A key must be in a file of its own.")
        # Windows keeps rights in access lists; its mode bits say nothing, so they are not looked at there.
        if os.name != "nt" and state.st_mode & 0o077:
            raise SchemaError(
                f"Others than its owner have access to the key file {file} (mode "
                f'{stat.S_IMODE(state.st_mode):03o}). Take it away: chmod 600 "{file}". If others may have '
                "read it, make a new key."
            )
        content = os.read(handle, LONGEST + 1)
    finally:
        os.close(handle)
    if content.startswith(MARKS):
        raise SchemaError(
            f"The key file {file} begins with a byte-order mark, which would become part of the key. Save it "
            "as plain ASCII text."
        )
    if len(content) > LONGEST:
        raise SchemaError(f"{file} holds more than {LONGEST:,} bytes, so it is hardly a key.")
    key = content.removesuffix(b"\n").removesuffix(b"\r")
    return _long_enough(key, f"The key in {file}", len(key), "bytes")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # the bytes as the shell gave them
    except UnicodeEncodeError:  # its own message would hold the key
        raise SchemaError(f"The key in {VARIABLE} is not valid text. Make a good one: {GENERATE}") from None


def _long_enough(key: bytes, which: str, size: int, unit: str) -> bytes:
    if size < SHORTEST:
        raise SchemaError(
            f"{which} is too short to keep anything secret: {size} {unit}, and at least {SHORTEST} are needed. "
            f"Make a good one: {GENERATE}"
        )
    return key
