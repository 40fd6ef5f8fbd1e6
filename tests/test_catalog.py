"""test_catalog.py - the message catalog explains each message of the daemon, and no other

Held against each other: systemd/mtchatd.catalog, the ids in messages.h, the fields in journald.c,
and what the sources give to each message.
"""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOG = ROOT / "systemd" / "mtchatd.catalog"
SOURCES = ROOT / "src" / "mtchatd"
MEMBERS = {  # of struct log_fields: the fields of the record
    "address": ["CLIENT_ADDRESS"],
    "room": ["ROOM"],
    "reason": ["REASON", "DURATION_MS", "BYTES_IN", "BYTES_OUT"],
    "client_id": ["CLIENT_ID"],
}


def ids():
    """NAME -> id"""
    found = re.findall(r'^#define MESSAGE_(\w+) +"(\w+)"$', (SOURCES / "messages.h").read_text(),
                       re.MULTILINE)
    assert len(found) >= 18
    assert len({number for _, number in found}) == len(found), "an id is used twice"
    return dict(found)


def entries():
    """id -> (headers, text)"""
    parts = re.split(r"^-- (.*)\n", CATALOG.read_text(), flags=re.MULTILINE)
    assert all(line.startswith("#") for line in parts[0].split("\n") if line)
    found = {}
    for number, entry in zip(parts[1::2], parts[2::2]):
        head, _, text = entry.partition("\n\n")
        assert number not in found, f"{number} is explained twice"
        found[number] = dict(line.split(": ", 1) for line in head.splitlines()), text
    return found


def given(name):
    """The fields that every record of this message has: what all who write it give."""
    found = []
    for path in SOURCES.glob("*.c"):
        text = path.read_text()
        told = re.search(rf"\btell\([^;{{]*\bMESSAGE_{name}\b", text)  # its id is an argument
        for literal in re.findall(r"struct log_fields\)?[^;{]*\{([^}]*)\}", text):
            if re.search(rf"\bMESSAGE_{name}\b" + (r"|= message_id\b" if told else ""), literal):
                found.append({field for member, fields in MEMBERS.items() for field in fields
                              if re.search(rf"\.{member} = ", literal)})
    return set.intersection(*found) if found else set()


def test_the_same_messages_in_the_same_order():
    assert list(entries()) == list(ids().values())


def test_each_message_is_written_by_somebody():
    code = "".join(path.read_text() for path in SOURCES.glob("*.c"))
    assert [name for name in ids() if not re.search(rf"\bMESSAGE_{name}\b", code)] == []


@pytest.mark.parametrize("name", ids())
def test_entry(name):
    head, text = entries()[ids()[name]]
    assert list(head) == ["Subject", "Defined-By", "Documentation"]
    assert 0 < len(head["Subject"]) <= 72
    assert head["Defined-By"] == "mtchatd"
    assert "man:mtchatd(8)" in head["Documentation"].split()
    assert len(text.strip().split("\n\n")) >= 2, "what happened, what it means, what to do"
    assert all(len(line) <= 80 for line in text.splitlines())
    used = set(re.findall("@(.*?)@", head["Subject"] + text))
    assert used <= given(name), f"no such field in a record of MESSAGE_{name}"


def test_the_fields_of_a_record_are_known():
    """MEMBERS is what journald.c writes."""
    written = re.findall(r'"([A-Z_]+)=%', (SOURCES / "journald.c").read_text())
    for fields in MEMBERS.values():
        assert set(fields) <= set(written)
    assert given("CLIENT_DISCONNECTED") == {field for all_ in MEMBERS.values() for field in all_}


@pytest.mark.skipif(not shutil.which("journalctl"), reason="no journalctl here")
def test_systemd_reads_it(tmp_path):
    folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var" / "lib" / "systemd" / "catalog").mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    made = subprocess.run(["journalctl", f"--root={tmp_path}", "--update-catalog"],
                          capture_output=True, text=True, check=True)
    assert made.stderr == ""
    told = subprocess.run(["journalctl", f"--root={tmp_path}", "--list-catalog"],
                          capture_output=True, text=True, check=True).stdout
    assert sorted(told.splitlines()) == sorted(
        f"{number} mtchatd: {head['Subject']}" for number, (head, _) in entries().items())
