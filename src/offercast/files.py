"""Reading text and writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from offercast.errors import InputError, OutputError, Problem

LARGEST_TEXT = 256 * 1024 * 1024
"""Bytes. A log of a million events is about 80 MB; anything larger than this is refused, not swallowed."""


def read_bytes(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises:
        InputError: the file is missing, is no regular file (a folder, a device, a pipe), or is too large.
    """
    name = str(path)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise InputError(Problem(name, None, None, "this is a folder. Name a file in it."))
        if not stat.S_ISREG(state.st_mode):
            message = "this is no regular file. Give the log's path, or - for the standard input."
            raise InputError(Problem(name, None, None, message))
        if state.st_size > LARGEST_TEXT:
            raise InputError(Problem(name, None, None, "this file is over 256 MB: too large to be a log."))
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from None


def unreadable(path: Path | str, error: Exception) -> InputError:
    """What to say of a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return InputError(Problem(str(path), None, None, "there is no such file. Check the path."))
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(Problem(str(path), None, None, f"it cannot be read: {reason}."))


def read_text(path: Path) -> str:
    """Return the text of one of our own files (UTF-8, with or without a byte order mark).

    Raises:
        InputError: see `read_bytes`; or it is not UTF-8.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = data[error.start : error.start + 1].hex()
        message = f'byte 0x{found} is not UTF-8. Save the file as "CSV UTF-8" and try again.'
        raise InputError(Problem(str(path), line, None, message)) from None


def write_atomically(path: Path, data: bytes, *, private: bool = False, mode: int | None = None) -> None:
    """Write `data` to a temporary name beside `path`, flush it to disk, and move it into place.

    A crash at any moment leaves either the old file or the new one. `private` files are readable by
    their owner only; others have the permissions `mode`, or those of any new file where it is None.

    Raises:
        OutputError: the folder is missing, is not writable, or the disk is full.
    """
    import tempfile  # 4 ms that reading does not need

    path = path.resolve()  # through a link, so that the link survives
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path}: it cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if not private:
            os.chmod(temporary, 0o666 & ~_umask() if mode is None else mode)  # noqa: PTH101 - a name from mkstemp, not a Path
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        _forget(temporary)
        raise OutputError(f"{path}: it cannot be written: {error.strerror}.") from None
    except BaseException:
        _forget(temporary)
        raise


def refuse_to_overwrite(path: Path, *, force: bool) -> None:
    """Raise OutputError if `path` exists and the user did not say `--force`."""
    if path.exists() and not force:
        raise OutputError(f"{path}: this file exists. Choose another name, or add --force to replace it.")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _forget(temporary: str) -> None:
    with suppress(OSError):  # the fault that led here is the one to tell
        Path(temporary).unlink()
