"""Bytes become the text that was meant, and what was guessed about them is said."""

import pytest

from offercast.errors import InputError
from offercast.history.containers.decoding import decode

GERMAN = "Firma,Stelle,Status\nMüller GmbH,Prüfer,Absage\nBäcker & Söhne,Entwickler – Köln,Zusage\n"
CHINESE = "公司,职位,投递日期,状态\n阿里巴巴,工程师,2025-03-01,已投递\n腾讯,产品经理,2025-03-04,已拒绝\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [GERMAN, CHINESE])
def test_unicode_is_read_without_a_word(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "log") == (text, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(encoding: str) -> None:
    assert decode(GERMAN.encode(encoding), "log") == (GERMAN, ())


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"), (CHINESE, "gb18030"), ("公司,職位,狀態\n台積電,工程師,已投遞\n聯發科,經理,未回覆\n", "big5"),
        ("Компания,Должность,Статус\nЯндекс,Разработчик,Отказ\n", "cp1251"), ("Company,Status\nCafé,Applied\n", "cp1252"),
    ],
)  # fmt: skip
def test_legacy_encodings_are_named(text: str, encoding: str) -> None:
    read, notes = decode(text.encode(encoding), "log")
    assert read == text
    assert f"read as {encoding}" in notes[0]


def test_an_encoding_can_be_told() -> None:
    assert decode("Żółw,é\n".encode("cp1250"), "log", "cp1250") == ("Żółw,é\n", ())
    with pytest.raises(InputError, match='"klingon" is no encoding'):
        decode(b"a", "log", "klingon")
    with pytest.raises(InputError, match="this file is not utf-8"):
        decode(b"\xff\xfe\xfa", "log", "utf-8")


def test_utf_8_that_was_cut_is_repaired_and_its_lines_named() -> None:
    data = GERMAN.encode().replace("ü".encode(), b"\xc3", 1)
    text, notes = decode(data, "log")
    assert "M\ufffdller" in text
    assert "Köln" in text
    assert "characters that are cut or damaged: 1 (line 2)" in notes[0]


def test_a_file_that_ends_within_a_character() -> None:
    text, notes = decode(GERMAN.encode() + "ö".encode()[:1], "log")
    assert text == GERMAN + "\ufffd"
    assert "(line 4)" in notes[0]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="this is no text file"):
        decode(b"name\n\0\1\2", "log")
