"""Keys, keyed hashes, the guard against personal data, small groups, and text that spreadsheets run."""

from __future__ import annotations

import hmac
import itertools
import os
import re
import stat
import subprocess
import sys
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmtheory import places
from crmtheory.errors import DomainError, SchemaError
from crmtheory.privacy import (
    disarm,
    hmac_spark,
    hmac_sql,
    key_file,
    make_key,
    mask_small,
    prepare,
    pseudonym,
    read_key,
    refuse_personal,
)

KEY = b"a key of more than 16 bytes"
SECRET = "swordfish-swordfish-swordfish"
GENERATE = 'python -c "import secrets; print(secrets.token_hex(32))"'
windows = pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")

# RFC 4231, test cases 1, 5 (cut to 128 bits), 6 and 7; the others have keys under 16 bytes or data not text
RFC_4231 = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"\x0c" * 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (
        b"\xaa" * 131,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        "This is a test using a larger than block-size key and a larger than block-size data. "
        "The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key anywhere, and a place for one."""
    for name in ("CRMTHEORY_KEY", "CRMTHEORY_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def refused(call, *arguments, error: type[Exception] = SchemaError, **named) -> str:
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def key_at(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


class TestKey:
    def test_it_comes_from_the_environment_as_it_stands(self, monkeypatch):
        monkeypatch.setenv("CRMTHEORY_KEY", " 密钥 of sixteen or more ")
        assert read_key() == " 密钥 of sixteen or more ".encode()

    @pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
    def test_it_comes_from_a_file_without_its_final_line_end(self, home, monkeypatch, end):
        monkeypatch.setenv("CRMTHEORY_KEY_FILE", str(key_at(home / "k", SECRET.encode() + end)))
        assert read_key() == SECRET.encode()

    def test_only_one_line_end_is_taken_off(self, home, monkeypatch):
        monkeypatch.setenv("CRMTHEORY_KEY_FILE", str(key_at(home / "k", SECRET.encode() + b"\n\n")))
        assert read_key() == SECRET.encode() + b"\n"

    def test_by_default_it_is_in_the_folder_of_settings(self, home):
        key_at(home / "crmtheory" / "key", SECRET.encode())
        assert key_file() == home / "crmtheory" / "key"
        assert read_key() == SECRET.encode()

    @pytest.mark.parametrize("config", ["", "relative"])
    def test_a_folder_of_settings_that_is_not_absolute_is_ignored(self, home, monkeypatch, config):
        monkeypatch.setenv("XDG_CONFIG_HOME", config)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("USERPROFILE", str(home))
        assert key_file() == home / ".config" / "crmtheory" / "key"

    def test_none_at_all_is_refused_with_the_command_that_makes_one(self, home):
        file = home / "crmtheory" / "key"
        assert refused(read_key) == (
            f"There is no key. Set CRMTHEORY_KEY or CRMTHEORY_KEY_FILE, or make the file {file}: "
            f'crmtheory key, or mkdir -p "{file.parent}" && (umask 077; {GENERATE} > "{file}")'
        )

    def test_two_are_refused(self, monkeypatch):
        monkeypatch.setenv("CRMTHEORY_KEY", SECRET)
        monkeypatch.setenv("CRMTHEORY_KEY_FILE", "/somewhere")
        assert refused(read_key) == (
            "CRMTHEORY_KEY and CRMTHEORY_KEY_FILE are both set, and it is not clear which key is meant. "
            "Unset one of them: unset CRMTHEORY_KEY, or unset CRMTHEORY_KEY_FILE."
        )

    @pytest.mark.parametrize(("text", "size"), [("", 0), ("swordfish-sword", 15)])
    def test_a_short_one_in_the_environment_is_refused(self, monkeypatch, text, size):
        monkeypatch.setenv("CRMTHEORY_KEY", text)
        assert refused(read_key) == (
            f"The key in CRMTHEORY_KEY is too short to keep anything secret: {size} characters, and at least "
            f"16 are needed. Make a good one: {GENERATE}"
        )

    def test_a_short_one_in_a_file_is_refused(self, home):
        file = key_at(home / "crmtheory" / "key", b"swordfish-sword\n")
        assert refused(read_key) == (
            f"The key in {file} is too short to keep anything secret: 15 bytes, and at least 16 are needed. "
            f"Make a good one: {GENERATE}"
        )

    @windows
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610, 0o660])
    def test_a_file_that_others_may_read_is_refused(self, home, mode):
        file = key_at(home / "crmtheory" / "key", SECRET.encode(), mode)
        assert refused(read_key) == (
            f"Others than its owner have access to the key file {file} (mode {mode:03o}). Take it away: "
            f'chmod 600 "{file}". If others may have read it, make a new key.'
        )

    @windows
    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_a_file_that_only_its_owner_may_read_is_accepted(self, home, mode):
        key_at(home / "crmtheory" / "key", SECRET.encode(), mode)
        assert read_key() == SECRET.encode()

    @windows
    def test_what_is_no_regular_file_is_refused_at_once(self, home, monkeypatch):
        os.mkfifo(home / "pipe", 0o600)
        for name in ("pipe", "."):
            monkeypatch.setenv("CRMTHEORY_KEY_FILE", str(home / name))
            expected = f"{home / name} is not a regular file. A key must be in a file of its own."
            assert refused(read_key) == expected

    @windows
    def test_a_link_to_a_good_file_is_followed(self, home):
        real = key_at(home / "real", SECRET.encode())
        (home / "crmtheory").mkdir()
        (home / "crmtheory" / "key").symlink_to(real)
        assert read_key() == SECRET.encode()

    @pytest.mark.parametrize("name", [SECRET, f"{SECRET}/{SECRET}", SECRET * 40])
    def test_a_key_put_into_the_variable_for_the_file_is_not_shown(self, monkeypatch, name):
        monkeypatch.setenv("CRMTHEORY_KEY_FILE", name)
        assert "sword" not in refused(read_key)

    @pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
    def test_a_byte_order_mark_is_refused(self, home, mark):
        key_at(home / "crmtheory" / "key", mark + SECRET.encode())
        assert "begins with a byte-order mark" in refused(read_key)

    def test_a_large_file_is_no_key(self, home):
        file = key_at(home / "crmtheory" / "key", b"x" * 5000)
        assert refused(read_key) == f"{file} holds more than 4,096 bytes, so it is hardly a key."

    def test_no_message_holds_the_key(self, home, monkeypatch):
        file = home / "crmtheory" / "key"
        messages = []
        for content, mode in [(b"sword", 0o600), (b"sword" * 5, 0o644), (b"sword" * 5000, 0o600)]:
            messages.append(refused(read_key) if key_at(file, content, mode) else "")
        monkeypatch.setenv("CRMTHEORY_KEY", "sword")
        messages.append(refused(read_key))
        messages.append(refused(pseudonym, [1], b"sword"))
        messages.append(refused(pseudonym, [1], "sword" * 5))
        assert not any("sword" in message for message in messages)

    def test_a_new_one_is_random_readable_and_private(self, home):
        first, second = make_key(), make_key(home / "deep" / "er" / "key")
        assert first == key_file()
        assert re.fullmatch(r"[0-9a-f]{64}\n", first.read_text(encoding="ascii"))
        assert first.read_bytes() != second.read_bytes()
        assert read_key() == first.read_bytes().strip()
        if os.name != "nt":
            assert stat.S_IMODE(first.stat().st_mode) == 0o600
            assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700

    def test_an_old_one_is_never_overwritten(self, home):
        file = key_at(home / "k", b"old")
        assert refused(make_key, file) == (
            f"{file} exists and is not overwritten: with a new key every customer gets another hash, and "
            "tables made before no longer match. Name another file, or move this one away first."
        )
        assert file.read_bytes() == b"old"

    def test_half_a_key_is_not_left_behind(self, home, monkeypatch):
        def fails(_: int) -> str:
            raise OSError("no space left")

        monkeypatch.setattr("crmtheory.privacy.key.secrets.token_hex", fails)
        with pytest.raises(OSError, match="no space left"):
            make_key(home / "k")
        assert not (home / "k").exists()


class TestPseudonym:
    @pytest.mark.parametrize(("key", "text", "expected"), RFC_4231)
    def test_it_is_hmac_sha_256_as_published(self, key, text, expected):
        assert pseudonym([text], key, length=len(expected)) == [expected]

    def test_a_whole_number_has_the_hash_of_its_text(self):
        same = [7, "7", 7.0, np.int64(7), np.uint8(7), np.float64(7), Decimal("7.00")]
        assert len(set(pseudonym(same, KEY))) == 1
        assert pseudonym([uuid.UUID(int=7)], KEY) == pseudonym([str(uuid.UUID(int=7))], KEY)

    def test_text_is_taken_as_it_is(self):
        others = ["7", "007", "7.0", " 7", "７", "a", "A", ""]
        assert len(set(pseudonym(others, KEY))) == len(others)

    def test_missing_stays_missing(self):
        assert pseudonym([None, np.nan, pd.NA, pd.NaT], KEY) == [None] * 4
        assert pseudonym([], KEY) == []

    @pytest.mark.parametrize("dtype", ["str", "object", "string", "category"])
    def test_a_column_keeps_index_and_name(self, dtype):
        ids = pd.Series(["b", None, "b"], index=[9, 4, 4], name="customer", dtype=dtype)
        before = ids.copy()
        found = pseudonym(ids, KEY)
        one = hmac.new(KEY, b"b", "sha256").hexdigest()[:32]
        expected = pd.Series([one, None, one], index=[9, 4, 4], name="customer", dtype="str")
        pd.testing.assert_series_equal(found, expected)
        pd.testing.assert_series_equal(ids, before)

    def test_integers_that_can_be_missing_and_floats_with_gaps_agree(self):
        whole = pseudonym(pd.Series([7, None], dtype="Int64"), KEY)
        pd.testing.assert_series_equal(whole, pseudonym(pd.Series([7, np.nan]), KEY))

    def test_another_key_gives_other_hashes(self):
        assert pseudonym(["a"], KEY) != pseudonym(["a"], KEY + b"!")

    def test_a_hundred_thousand_ids_do_not_collide(self):
        assert len(set(pseudonym(range(100_000), KEY, length=16))) == 100_000

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.binary(min_size=16, max_size=80))
    def test_it_equals_the_library(self, texts, key):
        expected = [hmac.new(key, text.encode(), "sha256").hexdigest()[:32] for text in texts]
        assert pseudonym(texts, key) == expected == pseudonym(texts, key)

    @pytest.mark.parametrize("wrong", [True, 0.5, 1e16, float("inf"), date(2020, 1, 1), [7], b"7", 7j])
    def test_what_is_no_id_is_refused(self, wrong):
        assert refused(pseudonym, ["a", wrong], KEY) == (
            f"Customer ids must be text or whole numbers. Row 2 holds one of type {type(wrong).__name__} that "
            "is neither. Usual causes: the wrong column, or long ids read as decimals. Read the column as text."
        )

    def test_broken_text_is_refused_without_showing_it(self):
        assert refused(pseudonym, ["a", "b\ud800"], KEY) == (
            "The id in row 2 is not valid text: half of a character is missing. Usual cause: a file read "
            "with the wrong encoding. Name the encoding when reading."
        )

    @pytest.mark.parametrize("ids", ["abc", 7, b"abc"])
    def test_a_single_id_is_refused(self, ids):
        assert refused(pseudonym, ids, KEY) == "Give a list or a column of ids, not a single id."

    @pytest.mark.parametrize("length", [0, 15, 65, 32.0, True])
    def test_hashes_that_are_too_short_are_refused(self, length):
        expected = (
            "length must be a whole number from 16 to 64 (fewer digits would let two customers share a hash), "
            f"not {length!r}."
        )
        assert refused(pseudonym, ["a"], KEY, length) == expected
        assert refused(hmac_sql, "id", length) == expected


class TestInDuckDB:
    @pytest.fixture
    def connection(self):
        with duckdb.connect() as connection:
            yield connection

    @staticmethod
    def hashes(connection, source: str, length: int = 32, parameters: object = None) -> list[str | None]:
        rows = connection.execute(f"SELECT {hmac_sql('id', length)} FROM {source}", parameters).fetchall()
        return [row[0] for row in rows]

    @pytest.mark.parametrize(("key", "text", "expected"), RFC_4231)
    def test_it_is_hmac_sha_256_as_published(self, connection, key, text, expected):
        prepare(connection, key)
        assert self.hashes(connection, "(SELECT ? AS id)", len(expected), [text]) == [expected]

    @pytest.mark.parametrize("size", [16, 32, 63, 64, 65, 200])
    def test_it_equals_python_for_keys_of_any_length(self, connection, size):
        key = bytes(np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8))
        ids = ["", "a", "007", "王小明", "👩‍👧 x", "it's", "\\x41", '"q"', "nul\0l", "x" * 500, None]
        ids += [str(number) for number in np.random.default_rng(1).integers(0, 2**62, 200)]
        connection.register("people", pd.DataFrame({"id": pd.Series(ids, dtype="object")}))
        prepare(connection, key)
        assert self.hashes(connection, "people") == pseudonym(ids, key)

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
    @settings(max_examples=50)
    def test_it_equals_python_for_any_text(self, texts):
        with duckdb.connect() as connection:
            prepare(connection, KEY)
            found = self.hashes(connection, "(SELECT unnest(?::VARCHAR[]) AS id)", 64, [texts])
        assert found == pseudonym(texts, KEY, 64)

    @pytest.mark.parametrize(
        "kind", ["INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "DOUBLE", "FLOAT", "DECIMAL(9,2)", "VARCHAR"]
    )
    def test_a_whole_number_of_any_type_has_the_hash_of_its_text(self, connection, kind):
        prepare(connection, KEY)
        source = f"(SELECT unnest([7, NULL, 12])::{kind} AS id)"
        assert self.hashes(connection, source) == pseudonym(["7", None, "12"], KEY)

    def test_not_a_number_is_missing_as_in_python(self, connection):
        prepare(connection, KEY)
        assert self.hashes(connection, "(SELECT 'nan'::DOUBLE AS id)") == [None]

    @pytest.mark.parametrize("value", ["0.5", "1e16", "'inf'"])
    def test_fractions_stop_the_query(self, connection, value):
        prepare(connection, KEY)
        with pytest.raises(
            duckdb.Error, match=r"must be text or whole numbers; some are fractions or too long"
        ):
            self.hashes(connection, f"(SELECT unnest([7::DOUBLE, {value}::DOUBLE]) AS id)")

    def test_a_connection_without_key_stops_the_query(self, connection):
        prepare(connection, KEY)
        for unprepared in (connection.cursor(), duckdb.connect()):
            with pytest.raises(duckdb.Error, match=r"This connection has no key\. Call crmtheory\.privacy"):
                self.hashes(unprepared, "(SELECT unnest(['a', NULL]) AS id)")

    def test_the_key_stands_in_no_query(self, connection):
        texts = []

        class Listening:
            def execute(self, text, parameters=None):
                texts.append(text)
                return connection.execute(text, parameters)

        prepare(Listening(), KEY)
        texts.append(hmac_sql('"id"'))
        inner = bytes(byte ^ 0x36 for byte in KEY)
        assert not any(part in text for text in texts for part in (KEY.decode(), KEY.hex(), inner.hex()))

    def test_a_short_key_is_refused(self, connection):
        assert refused(prepare, connection, b"short") == (
            "A key must be bytes, at least 16. crmtheory.privacy.read_key() gives one; the command crmtheory "
            "key makes one."
        )


def test_the_spark_column_equals_python():
    pyspark = pytest.importorskip("pyspark.sql")
    spark = pyspark.SparkSession.builder.master("local[1]").getOrCreate()
    ids = ["", "a", "007", "王小明", "👩‍👧 x", "it's", None]
    for key, length in ((KEY, 32), (b"\xaa" * 131, 64)):
        frame = spark.createDataFrame([(one,) for one in ids], "`customer.id` string")
        rows = frame.select(hmac_spark("customer.id", key, length).alias("hash")).collect()
        assert [row.hash for row in rows] == pseudonym(ids, key, length)
        whole = spark.range(5).select(hmac_spark("id", key, length).alias("hash")).collect()
        assert [row.hash for row in whole] == pseudonym(range(5), key, length)


def identity(number: str) -> int:
    """With its check digit: the sum of digit · 2^place is 1 modulo 11 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number))
    return int(number) * 10 + (1 - total) % 11  # of numbers whose check digit is not X


RNG = np.random.default_rng(20240131)
N = 3_000
DAYS = pd.date_range("2020-01-01", periods=N, freq="7919s")
ID_CARD = "11010519491231002X"  # the example of the standard GB 11643
CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000"]


def of(digits: int) -> np.ndarray:
    return RNG.integers(10 ** (digits - 1), min(10**digits, 2**63 - 1), N)


def ean(number: int) -> str:
    text = f"{number:012d}"
    return text + str(-sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(text)) % 10)


HARMLESS = {
    **{f"{digits} random digits": of(digits) for digits in range(6, 20)},
    "ids from 1": np.arange(1, N + 1),
    "ids to 9,999,999,999": RNG.integers(1, 10**10, N),
    "floats of ids": of(10).astype(float),
    "ids in part missing": np.where(RNG.random(N) < 0.3, np.nan, of(11).astype(float)),
    "timestamps": DAYS.strftime("%Y%m%d%H%M%S"),
    "timestamps without seconds": DAYS.strftime("%Y%m%d%H%M"),
    "timestamps with milliseconds": DAYS.strftime("%Y%m%d%H%M%S123"),
    "timestamps as ISO text": DAYS.strftime("%Y-%m-%dT%H:%M:%S+08:00"),
    "seconds since 1970": DAYS.astype("int64") // 10**9,
    "milliseconds since 1970": DAYS.astype("int64") // 10**6,
    "uuids": [str(uuid.UUID(bytes=RNG.bytes(16))) for _ in range(N)],
    "hashes": [RNG.bytes(16).hex() for _ in range(N)],
    "keyed hashes": pseudonym(range(N), KEY),
    "amounts": RNG.gamma(2, 1e9, N).round(2),
    "amounts as text": [f"{x:.2f}" for x in RNG.gamma(2, 1e9, N)],
    "signed amounts as text": [f"{x:+.2f}" for x in RNG.normal(0, 1e9, N)],
    "signed whole amounts as text": [f"{x:+.0f}" for x in RNG.normal(0, 1e9, N)],
    "signed amounts with commas": [f"{x:+,.0f}" for x in RNG.gamma(2, 1e9, N)],
    "order numbers": [f"SO-2024-{one:06d}" for one in range(N)],
    "order numbers of 11 digits": [f"SO-{one}" for one in of(11)],
    "order numbers that begin like a mobile": [f"SO{13_800_000_000 + one}" for one in range(N)],
    "branch, day and serial number": [f"110105{day:%Y%m%d}{one:04d}" for one, day in enumerate(DAYS)],
    "numbers in groups 3-3-4": [f"{x:03d}-{y:03d}-{z:04d}" for x, y, z in RNG.integers(0, 1000, (N, 3))],
    "numbers in groups 3-7-7": [f"{x:03d}-{y:07d}-{z:07d}" for x, y, z in RNG.integers(0, 1000, (N, 3))],
    "sentences with numbers": [f"order {one} was late" for one in of(11)],
    "consecutive numbers that begin like a card": 4 * 10**15 + np.arange(N),
    "EAN-13 codes": [ean(one) for one in RNG.integers(690 * 10**9, 700 * 10**9, N)],
    "names with @": [f"@user{one}" for one in range(N)],
    "pictures": [f"logo{one}@2x.png" for one in range(N)],
    "IP addresses": [".".join(map(str, one)) for one in RNG.integers(0, 256, (N, 4))],
    "one e-mail address in a hundred": ["a@b.cn"] + [f"note {one}" for one in range(99)],
}

PERSONAL = {
    "e-mail addresses": [
        [f"ann{one}@example.org" for one in range(50)],
        ["zhang.san@例子.中国"],
        ["write to ann@example.co.uk, please", *(f"note {one}" for one in range(15))],
        ["ann＠example.org"],
        ["Ann <ann@example.org>"],
    ],
    "phone numbers": [
        13_800_138_000 + RNG.integers(0, 5_999_999_999, N),
        (13_800_138_000 + RNG.integers(0, 5_999_999_999, N)).astype(float),
        ["13800138000", "15912345678"],
        ["138 0013 8000"],
        ["138-0013-8000"],
        ["+86 13800138000"],
        ["+86-138-0013-8000"],
        ["0086 138 0013 8000"],
        ["8613800138000"],
        ["１３８００１３８０００"],
        ["13800138000.0"],
        ["+49 30 901820"],
        ["+44 (0)20 7946 0958"],
        ["+1.212.555.0100"],
        ["+4930901820"],
        ["(212) 555-0100"],
        ["212-555-0100"],
        ["212.555.0100 x12"],
        ["1-212-555-0100"],
        ["请打电话13800138000找王先生"],
        ["王先生 138 0013 8000"],
        ["13800138000 (evening)"],
        ["13800138000/13900139000"],
        [*(f"13{one:09d}" for one in range(80)), *(f"2{one:010d}" for one in range(20))],
    ],
    "resident identity-card numbers": [
        [ID_CARD],
        ["11010519491231002x"],
        ["身份证110105 19491231 002X号"],
        [identity(one) for one in ("11010519491231001", "44052419880101001", "31010420000229123")],
    ],
    "payment-card numbers": [
        CARDS,
        [int(card) for card in CARDS],
        ["4111 1111 1111 1111"],
        ["4111-1111-1111-1111"],
        ["3782 822463 10005"],
        ["paid with 4111 1111 1111 1111"],
        ["6212345678901265"],
        ["6212345678900000003"],
    ],
}


class TestGuard:
    @pytest.mark.parametrize("name", HARMLESS)
    @pytest.mark.parametrize("kind", [None, "object", "category"])
    def test_harmless_values_pass(self, name, kind):
        values = pd.Series(HARMLESS[name], dtype=kind)
        refuse_personal(pd.DataFrame({"id": values}), "t")
        refuse_personal(pd.DataFrame({"x": 1}, index=pd.Index(values)), "t")

    @pytest.mark.parametrize("seed", range(30))
    @pytest.mark.parametrize("digits", [10, 11, 12, 16, 18])
    def test_random_numbers_pass_also_as_text_and_in_a_short_table(self, digits, seed):
        numbers = np.random.default_rng(seed).integers(10 ** (digits - 1), 10**digits, 20)
        refuse_personal(pd.DataFrame({"a": numbers, "b": numbers.astype(str)}), "t")

    @pytest.mark.parametrize(
        "file", sorted(path.name for path in places.folder("data").glob("*.csv*")), ids=str
    )
    def test_the_data_sets_that_come_with_the_package_pass(self, file):
        for kind in (None, str):
            frame = pd.read_csv(places.folder("data") / file, dtype=kind, low_memory=False)
            refuse_personal(frame, file)
            refuse_personal(frame.set_index(frame.columns[0]), file)

    @pytest.mark.parametrize(("kind", "place"), [(k, n) for k, v in PERSONAL.items() for n in range(len(v))])
    @pytest.mark.parametrize("dtype", [None, "object", "category"])
    def test_personal_data_are_found_in_columns_index_and_column_names(self, kind, place, dtype):
        values = pd.Series(PERSONAL[kind][place], dtype=dtype)
        for frame in (
            pd.DataFrame({"a": values}),
            pd.DataFrame({"x": 1}, index=pd.Index(values)),
            pd.DataFrame({"x": 1}, index=pd.MultiIndex.from_arrays([range(len(values)), values])),
            pd.DataFrame([range(len(values))], columns=list(values)),
        ):
            message = refused(refuse_personal, frame, "t")
            assert f"{kind} in " in message
            for value in values.astype(str).head(3):
                assert value not in message

    def test_the_message_names_column_kind_count_and_the_first_one_masked(self):
        frame = pd.DataFrame(
            {"n": range(4), "mail": ["x", "ann@b.org", "bob@c.org", None]},
            index=pd.Index(["13800138000", "13900139000", "13700137000", "2"], name="customer"),
        )
        assert refused(refuse_personal, frame.head(3), "customers") == (
            'The table "customers" is not written: it would give away personal data.\n'
            "  customer    phone numbers in 3 of the 3 distinct values looked at, first: 13*********.\n"
            "  mail        e-mail addresses in 2 of the 3 distinct values looked at, first: an*******.\n"
            "Leave these columns out, or set pseudonymise: true, which turns customer ids into keyed hashes."
        )

    def test_a_name_alone_is_no_reason(self):
        frame = pd.DataFrame(
            {"email": ["yes", "no"], "手机": ["华为", "小米"], "id_card": [1, 2], "phone": 5}
        )
        refuse_personal(frame, "t")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("e-mail", "a@b.cn"),
            ("客户邮箱", "a@b.cn"),
            ("手机", "13800138000"),
            ("Mobile", "13800138000"),
            ("身份证号", ID_CARD),
            ("id_card_no", "110105491231002"),
            ("card_number", CARDS[0]),
            ("tel", "020 7946 0958"),
            ("电话", "0571-88886666"),
            ("phone", "2125550100"),
        ],
    )
    def test_a_telling_name_makes_one_value_enough(self, name, value):
        values = [value, *(f"none {one}" for one in range(99))]
        assert "in 1 of the 100 distinct values" in refused(
            refuse_personal, pd.DataFrame({name: values}), "t"
        )
        refuse_personal(pd.DataFrame({"code": values}), "t")

    def test_a_wrong_check_digit_or_birthday_is_no_identity_card(self):
        wrong = ["110105194912310021", "11010519491331002X", "00010519491231002X"]
        refuse_personal(pd.DataFrame({"id": wrong}), "t")

    def test_a_wrong_check_digit_or_issuer_is_no_payment_card(self):
        refuse_personal(pd.DataFrame({"id": ["4111111111111112", "9111111111111110"]}), "t")

    def test_dates_truth_values_and_fractions_are_never_looked_at(self):
        phones = [13800138000.0, 13900139000.0]
        frame = pd.DataFrame(
            {
                "email": [True, False],
                "手机": pd.to_datetime(["2020-01-01", None]),
                "phone": [date(2020, 1, 1), None],
                "mobile": [13800138000.5, 13900139000.0],
                "tel": pd.to_timedelta(phones, unit="us"),
                "cell": pd.PeriodIndex(["2020-01", "2020-02"], freq="M"),
                "fax": [np.inf, np.nan],
            }
        )
        refuse_personal(frame, "t")

    def test_offenders_at_the_end_of_a_long_column_are_seen(self):
        values = [f"note {one}" for one in range(50_000)] + [f"a{one}@b.cn" for one in range(10_000)]
        assert "e-mail addresses in 334 of the 2,000" in refused(
            refuse_personal, pd.DataFrame({"x": values}), "t"
        )

    def test_a_personal_name_of_a_column_is_masked_in_the_message(self):
        frame = pd.DataFrame({"ann@example.org": ["bob@example.org"]})
        assert "example" not in refused(refuse_personal, frame, "t")

    def test_odd_tables_pass(self):
        refuse_personal(pd.DataFrame(), "t")
        refuse_personal(pd.DataFrame([[1, 2]], columns=["a", "a"]), "t")
        refuse_personal(pd.DataFrame({"a": [[1], {"b": 2}, None], "c": [Decimal("NaN"), 1j, b"x"]}), "t")
        refuse_personal(pd.DataFrame({"a": pd.array([1.5, None], "double[pyarrow]")}), "t")

    def test_lists_in_cells_are_looked_into(self):
        frame = pd.DataFrame({"a": [["ann@example.org"], None]})
        assert "e-mail addresses in 1 of the 1" in refused(refuse_personal, frame, "t")

    def test_keyed_hashes_of_personal_ids_pass(self):
        phones = pd.Series(PERSONAL["phone numbers"][0], name="customer")
        refuse_personal(pd.DataFrame({"x": 1}, index=pd.Index(pseudonym(phones, KEY))), "t")


COUNTS = st.lists(st.integers(0, 12), min_size=0, max_size=7)


class TestMaskSmall:
    def test_small_groups_lose_their_numbers(self):
        table = pd.DataFrame(
            {
                "group": ["a", "b", "c", "d"],
                "n": [1, 50, 4, 0],
                "spend": [1.0, 2.0, 3.0, 0.0],
                "orders": [1, 2, 3, 0],
                "active": [True, False, True, False],
                "last": pd.to_datetime(["2020-01-01"] * 4),
            },
            index=[3, 3, 1, 2],
        )
        before = table.copy(deep=True)
        found = mask_small(table, "n")
        expected = pd.DataFrame(
            {
                "group": ["a", "b", "c", "d"],
                "n": pd.Series(["<5", 50, "<5", 0], dtype=object).to_numpy(),
                "spend": [np.nan, 2.0, np.nan, 0.0],
                "orders": pd.array([None, 2, None, 0], dtype="Int64"),
                "active": pd.array([None, False, None, False], dtype="boolean"),
                "last": pd.to_datetime([None, "2020-01-01", None, "2020-01-01"]).as_unit(
                    table["last"].dt.unit
                ),
            },
            index=[3, 3, 1, 2],
        )
        pd.testing.assert_frame_equal(found, expected)
        pd.testing.assert_frame_equal(table, before)

    @pytest.mark.parametrize(
        ("counts", "k", "shown"),
        [
            ([40, 3, 9], 5, [40, "<5", "hidden"]),
            ([3], 5, ["<5"]),
            ([5, 6], 5, [5, 6]),
            ([3, 0, 30], 5, ["<5", 0, "hidden"]),
            ([3, 3, 30], 5, ["<5", "<5", 30]),
            # two that add up to 2 are 1 and 1, two that add up to 8 are 4 and 4
            ([1, 1, 30], 5, ["<5", "<5", "hidden"]),
            ([4, 4, 30], 5, ["<5", "<5", "hidden"]),
            # 1 + 5 = 6 can only be 1 and 5, since a hidden count is at least 5
            ([1, 5, 9, 30], 5, ["<5", "hidden", "hidden", 30]),
            ([1, 0], 5, ["<5", 0]),
            ([1, 7, 8], 2, ["<2", "hidden", 8]),
            ([1, 1, 8], 2, ["<2", "<2", 8]),
        ],
    )
    def test_a_total_does_not_give_a_masked_count_back(self, counts, k, shown):
        assert mask_small(pd.DataFrame({"n": counts}), "n", k)["n"].to_list() == shown

    def test_zeros_are_masked_on_request(self):
        table = pd.DataFrame({"n": [0, 0, 0, 9], "x": [1.0, 2, 3, 4]})
        found = mask_small(table, "n", zeros=True)
        assert found["n"].to_list() == ["<5", "<5", "<5", "hidden"]
        assert mask_small(table, "n")["n"].to_list() == [0, 0, 0, 9]

    @given(COUNTS, st.integers(2, 6), st.booleans())
    def test_no_number_below_k_is_shown_and_no_large_one_is_called_small(self, counts, k, zeros):
        table = pd.DataFrame({"n": pd.Series(counts, dtype="int64"), "x": pd.Series(counts, dtype="float64")})
        found = mask_small(table, "n", k, zeros=zeros)
        for before, after, value in zip(counts, found["n"], found["x"], strict=True):
            if isinstance(after, str):
                assert after == (f"<{k}" if before < k else "hidden")
                assert np.isnan(value)
            else:
                assert after == before == value
                assert after >= k or (after == 0 and not zeros)

    @given(COUNTS, st.integers(3, 5), st.booleans())
    @settings(max_examples=200)
    def test_whoever_knows_the_total_and_the_rules_finds_no_masked_count(self, counts, k, zeros):
        """By trying all tables: more than one value fits each masked count, or nothing is left to hide."""
        shown = mask_small(pd.DataFrame({"n": counts}, dtype="int64"), "n", k, zeros=zeros)["n"].to_list()
        rest = [one for one in shown if not isinstance(one, str) and one > 0]
        small, hidden = shown.count(f"<{k}"), shown.count("hidden")
        if not small or not rest:
            return
        total = sum(counts) - sum(rest)
        sums = [range(0 if zeros else 1, k)] * small + [range(k, min(rest) + 1)] * hidden
        fitting = [one for one in itertools.product(*sums) if sum(one) == total]
        assert all(len({one[place] for one in fitting}) > 1 for place in range(small))

    def test_only_the_columns_named_are_emptied(self):
        table = pd.DataFrame({"n": [1, 2], "x": [1.0, 2.0], "name": ["a", "b"]})
        found = mask_small(table, "n", columns=["name"])
        assert found["name"].isna().all()
        assert found["x"].to_list() == [1.0, 2.0]

    def test_nothing_small_changes_nothing(self):
        table = pd.DataFrame({"n": [5, 6], "x": [1, 2]})
        found = mask_small(table, "n")
        pd.testing.assert_frame_equal(found, table)
        assert found is not table

    def test_two_columns_of_one_name_are_both_emptied(self):
        table = pd.DataFrame([[1, 2.0, 3.0], [2, 3.0, 4.0]], columns=["n", "x", "x"])
        assert mask_small(table, "n")["x"].isna().all(axis=None)

    @pytest.mark.parametrize("k", [1, 0, -5, 2.5, True, "5"])
    def test_k_must_hide_something(self, k):
        assert refused(mask_small, pd.DataFrame({"n": [1]}), "n", k, error=DomainError) == (
            f"k must be a whole number of at least 2, not {k!r}: below that nothing is hidden."
        )

    @pytest.mark.parametrize(
        ("wrong", "shown"), [(np.nan, "nan"), (-1.0, "-1.0"), (2.5, "2.5"), ("<5", "'<5'"), (None, "None")]
    )
    def test_counts_must_be_counts(self, wrong, shown):
        column = pd.Series([4.0, wrong], dtype=object)
        assert refused(mask_small, pd.DataFrame({"n": column}), "n") == (
            "the table to mask breaks 1 rule.\n"
            "  n           must hold whole numbers of 0 or more: 1 of 2 rows do not, first: row 2, "
            f"{shown}. Usual causes: a missing count that means 0, which fillna(0) says, or a table that is "
            "masked already."
        )

    def test_columns_that_are_not_there_are_all_named(self):
        message = refused(mask_small, pd.DataFrame({"n": [1]}), "m", columns=["x", "y"])
        assert message.startswith("the table to mask breaks 3 rules.\n  m           There is no column")


DANGEROUS = [
    "=1+1",
    "+a",
    "-b",
    "@x",
    "\tq",
    "\rq",
    "  =1",
    "\n=1",
    " \tq",
    "＝1",
    "＋a",
    "－5",
    "＠x",
    "-",
    "\ufeff=1",
]
DANGEROUS += ["-1-1", "+49 151", "=5", "-5.30.1", "--5", "+1e", "-inf", "\t5", "　=1", "-5,30"]
HARMLESS_TEXT = [
    "",
    "a=1",
    "Ann",
    "'=1",
    "5",
    "-5.30",
    "+49",
    "-.5",
    "-5.",
    "+1e-5",
    " -5 ",
    "1-2",
    "a@b",
    "李雷",
]


class TestDisarm:
    @pytest.mark.parametrize("text", DANGEROUS)
    def test_text_that_would_run_gets_an_apostrophe_wherever_it_stands(self, text):
        frame = pd.DataFrame(
            {text: [text, None], "kind": pd.Categorical([text, "y"])},
            index=pd.Index([text, "z"], name=text),
        )
        safe = disarm(frame)
        assert list(safe.columns) == [f"'{text}", "kind"]
        assert safe.iloc[0].to_list() == [f"'{text}"] * 2
        assert (list(safe.index), safe.index.name) == ([f"'{text}", "z"], f"'{text}")
        assert safe["kind"].dtype == "category"
        assert safe.iloc[:, 0].isna().to_list() == [False, True]
        assert frame.columns[0] == frame.iloc[0, 0] == text

    @pytest.mark.parametrize("text", HARMLESS_TEXT)
    def test_other_text_and_plain_numbers_stay(self, text):
        frame = pd.DataFrame({text: [text, None], "kind": pd.Categorical([text, "y"])}, index=[text, "z"])
        pd.testing.assert_frame_equal(disarm(frame), frame)

    def test_numbers_dates_and_their_index_stay(self):
        frame = pd.DataFrame(
            {"n": [-1.5, np.nan], "d": pd.to_datetime(["2020-01-01", None]), "o": [-5, Decimal("-1")]},
            index=pd.date_range("2020-01-01", periods=2, freq="D"),
        )
        pd.testing.assert_frame_equal(disarm(frame), frame)
        pd.testing.assert_frame_equal(disarm(pd.DataFrame()), pd.DataFrame())

    def test_several_levels_are_disarmed(self):
        levels = pd.MultiIndex.from_tuples([("=a", 1), ("b", 2)], names=["@one", "two"])
        safe = disarm(pd.DataFrame([[1, 2], [3, 4]], index=levels, columns=levels))
        expected = pd.MultiIndex.from_tuples([("'=a", 1), ("b", 2)], names=["'@one", "two"])
        pd.testing.assert_index_equal(safe.index, expected)
        pd.testing.assert_index_equal(safe.columns, expected)

    def test_two_columns_and_categories_that_become_one_keep_their_cells(self):
        frame = pd.DataFrame([["=a", "b"], ["'=a", "=b"]], columns=["=x", "'=x"], dtype="category")
        safe = disarm(frame)
        assert list(safe.columns) == ["'=x", "'=x"]
        assert safe.to_numpy().tolist() == [["'=a", "b"], ["'=a", "'=b"]]

    @given(
        st.lists(
            st.text(st.sampled_from(list("=+-@\t\r\n '＝ab5.e")), max_size=5) | st.none() | st.integers(),
            min_size=1,
            max_size=6,
        )
    )
    def test_twice_is_once_and_nothing_that_runs_is_left(self, values):
        frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
        once = disarm(frame)
        pd.testing.assert_frame_equal(disarm(once), once)
        for value in once["x"]:
            if isinstance(value, str) and value.lstrip().startswith(("=", "@", "＝")):
                raise AssertionError(value)
            if isinstance(value, str) and value.startswith(("+", "-", "\t", "\r")):
                float(value)


def test_importing_the_package_loads_neither_duckdb_nor_spark():
    program = "import sys, crmtheory.privacy; print({'duckdb', 'pyspark'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
