"""A reader never sees half a file."""

import os
import stat
from pathlib import Path

import pytest

from offercast.errors import InputError, OutputError
from offercast.files import read_text, refuse_to_overwrite, write_atomically


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "log.csv"
    target.write_text("old")
    for broken in ("fsync", "replace"):
        with monkeypatch.context() as patch:

            def fail(*_: object) -> None:
                raise OSError(28, "No space left on device")

            patch.setattr(os, broken, fail)
            with pytest.raises(OutputError, match="No space left"):
                write_atomically(target, b"new")
        assert target.read_text() == "old"
        assert os.listdir(tmp_path) == ["log.csv"]


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "fit", b"new")
    assert os.listdir(tmp_path) == []


def test_private_files_are_for_their_owner(tmp_path: Path) -> None:
    write_atomically(tmp_path / "log", b"x", private=True)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "fit.npz"
    refuse_to_overwrite(target, force=False)
    target.write_text("x")
    refuse_to_overwrite(target, force=True)
    with pytest.raises(OutputError, match="--force"):
        refuse_to_overwrite(target, force=False)


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / "no" / "where", b"x")


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    target = tmp_path / "log.csv"
    target.write_bytes(b"a,b\n1,caf\xe9\n")
    with pytest.raises(InputError, match="log.csv:2: byte 0xe9"):
        read_text(target)
