#!/usr/bin/env python3
"""A second verifier of the journal, written from eventstore/README.md and sharing no code with the first.

Checks density, chain, record frames, checksums, pairing of commands and events, counts, epochs and times, the head, and
archived files. Needs Python's standard library, psql for a database, zstd for archives.

    verify_journal.py --conninfo 'host=... dbname=...' [--archive DIR]
    verify_journal.py --archive-file FILE...

Prints one line; exit code 0: the log is good, 4: it is not, 1: it could not be read.
"""

import argparse
import hashlib
import os
import struct
import subprocess
import sys
from dataclasses import dataclass

CASTAGNOLI = 0x82F63B78
ZERO_HASH = bytes(32)
FORMAT_VERSION = 1
COMMAND, EVENT, DIGEST = 1, 2, 3
SKIPPABLE_FRAME = 0x184D2A50


class Bad(Exception):
    """The log contradicts its rules; event_seq is the first event that cannot be trusted."""

    def __init__(self, event_seq, what):
        super().__init__(what)
        self.event_seq = event_seq


class Unreadable(Exception):
    """Nothing can be said about the log."""


def crc32c_table():
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (CASTAGNOLI if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = crc32c_table()


def crc32c(data):
    value = 0xFFFFFFFF
    table = CRC_TABLE
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


@dataclass
class Block:
    first_seq: int
    last_seq: int
    epoch: int
    committed_at: int
    event_count: int
    command_count: int
    format_version: int
    payload: bytes
    hash: bytes

    def seal(self, previous):
        header = struct.pack(
            "<QQIqIIH",
            self.first_seq & (2**64 - 1),
            self.last_seq & (2**64 - 1),
            self.epoch & (2**32 - 1),
            self.committed_at,
            self.event_count & (2**32 - 1),
            self.command_count & (2**32 - 1),
            self.format_version & (2**16 - 1),
        )
        return hashlib.sha256(previous + header + self.payload).digest()


@dataclass
class Command:
    seq: int
    time: int
    first_seq: int


class Payload:
    """Walks the records of one block."""

    def __init__(self, block):
        self.block = block
        self.next_seq = block.first_seq
        self.awaited = 0
        self.commands = []
        self.events = 0
        self.covered = 0

    def fail(self, what):
        raise Bad(min(self.next_seq, self.block.last_seq), what)

    def walk(self):
        data, offset = self.block.payload, 0
        while offset < len(data):
            if len(data) - offset < 12:
                self.fail("a record's frame is cut off")
            size, checksum, kind, kind_type, version = struct.unpack_from("<IIBBH", data, offset)
            if size > len(data) - offset - 12:
                self.fail("a record is longer than the payload")
            if crc32c(data[offset + 8 : offset + 12 + size]) != checksum:
                self.fail("the checksum does not match")
            body = data[offset + 12 : offset + 12 + size]
            self.record(kind, kind_type, version, body)
            offset += 12 + size
        if self.awaited:
            self.fail("the payload ends before the last command's events")

    def record(self, kind, kind_type, version, body):
        if version == 0:
            self.fail("version 0")
        if kind == COMMAND:
            self.command(body)
        elif kind == EVENT:
            if not self.awaited:
                self.fail("an event follows no command")
            self.awaited -= 1
            self.events += 1
            self.next_seq += 1
        elif kind == DIGEST:
            self.digest(kind_type, version, body)
        else:
            self.fail(f"kind {kind} is not known")

    def command(self, body):
        """seq u64, time i64, actor u32, request id u8 + text, outcome u8, number of events u32, fields."""
        if self.awaited:
            self.fail("a command comes before the last of the events of the one before it")
        fixed = struct.calcsize("<QqIB")
        if len(body) < fixed:
            self.fail("a command's header is cut off")
        seq, time, _, length = struct.unpack_from("<QqIB", body)
        if len(body) < fixed + length + struct.calcsize("<BI"):
            self.fail("a command's header is cut off")
        _, count = struct.unpack_from("<BI", body, fixed + length)
        if count == 0:
            self.fail("a command has no event")
        self.awaited = count
        self.commands.append(Command(seq, time, self.next_seq))

    def digest(self, kind_type, version, body):
        if self.awaited:
            self.fail("a digest comes before the last of the events of a command")
        if self.events == 0:
            self.fail("a digest follows no event")
        if kind_type != 0 or version != 1 or len(body) != 32:
            self.fail("a digest of an unknown form")
        first, last = struct.unpack_from("<QQ", body)
        if last != self.next_seq - 1 or first > last or first <= self.covered:
            self.fail("a digest covers other events than those before it")
        self.covered = last


class Walk:
    """The log, block after block."""

    def __init__(self, last_seq=0, last_hash=ZERO_HASH):
        self.last_seq = last_seq
        self.hash = last_hash
        self.epoch = 0
        self.committed_at = -(2**63)
        self.last_command = 0 if last_seq == 0 else None
        self.last_time = -(2**63)
        self.blocks = self.commands = self.events = 0

    def take(self, block):
        self.place(block)
        self.header(block)
        records = Payload(block)
        records.walk()
        self.succession(records.commands)
        if len(records.commands) != block.command_count or records.events != block.event_count:
            raise Bad(block.first_seq, "the header and the records count differently")
        if block.seal(self.hash) != block.hash:
            raise Bad(block.first_seq, "the hash does not continue the chain")
        self.last_seq, self.hash = block.last_seq, block.hash
        self.epoch, self.committed_at = block.epoch, block.committed_at
        self.blocks += 1
        self.commands += block.command_count
        self.events += block.event_count

    def place(self, block):
        expected = self.last_seq + 1
        if block.first_seq > expected:
            raise Bad(expected, f"events {expected} to {block.first_seq - 1} are missing")
        if block.first_seq < expected:
            raise Bad(block.first_seq, f"a second block claims event {block.first_seq}")

    def header(self, block):
        if block.format_version != FORMAT_VERSION:
            raise Bad(block.first_seq, f"unknown format version {block.format_version}")
        if block.event_count < 1 or block.last_seq - block.first_seq + 1 != block.event_count:
            raise Bad(block.first_seq, f"claims {block.event_count} events")
        if not 1 <= block.command_count <= block.event_count:
            raise Bad(block.first_seq, f"claims {block.command_count} commands")
        if block.epoch < max(1, self.epoch):
            raise Bad(block.first_seq, f"epoch {block.epoch} after epoch {self.epoch}")
        if block.committed_at < self.committed_at:
            raise Bad(block.first_seq, "committed before the block before it")

    def succession(self, commands):
        number, time = self.last_command, self.last_time
        for command in commands:
            if number is not None and command.seq != number + 1:
                raise Bad(command.first_seq, f"command {command.seq} stands where {number + 1} belongs")
            if command.time < time:
                raise Bad(command.first_seq, f"time goes back at command {command.seq}")
            number, time = command.seq, command.time
        self.last_command, self.last_time = number, time


# ---- where blocks come from


HEAD = "SELECT epoch, last_seq, encode(hash, 'hex') FROM eventstore.head"
ARCHIVES = (
    "SELECT first_seq, last_seq, encode(last_hash, 'hex'), encode(file_sha256, 'hex'), file_name "
    "FROM eventstore.archives WHERE attached_at IS NULL ORDER BY first_seq"
)
JOURNAL = (
    "SELECT first_seq, last_seq, epoch, (extract(epoch FROM committed_at) * 1000000)::bigint, event_count, "
    "command_count, format_version, encode(payload, 'hex'), encode(hash, 'hex') "
    "FROM eventstore.journal ORDER BY first_seq, last_seq"
)
END = "--"


class Database:
    """One psql, one snapshot, three answers one after another."""

    def __init__(self, conninfo):
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", conninfo]
        command += ["-c", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
        for query in (HEAD, ARCHIVES, JOURNAL):
            command += ["-c", f"COPY ({query}) TO STDOUT", "-c", f"\\echo {END}"]
        self.psql = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.psql.kill()
        self.psql.communicate()

    def rows(self):
        """The next answer. Of our columns none holds a tab or a backslash."""
        for line in self.psql.stdout:
            if line.rstrip("\n") == END:
                return
            yield line.rstrip("\n").split("\t")
        raise Unreadable(self.psql.stderr.read().strip())

    def blocks(self):
        for row in self.rows():
            yield Block(*(int(value) for value in row[:7]), bytes.fromhex(row[7]), bytes.fromhex(row[8]))


@dataclass
class ArchiveHeader:
    first_seq: int
    last_seq: int
    block_count: int
    event_count: int
    command_count: int
    previous_hash: bytes
    last_hash: bytes
    seal: bytes


def frame(content):
    return struct.pack("<II", SKIPPABLE_FRAME, len(content)) + content


def read_archive_header(path):
    """Believes nothing before the seal over the whole file is right."""
    with open(path, "rb") as file:
        data = file.read()
    head_size, seal_size = 8 + 16 + 7 * 8 + 64, 8 + 32
    if len(data) < head_size + seal_size:
        raise ValueError("is cut off")
    seal = hashlib.sha256(data[:-seal_size]).digest()
    if data[-seal_size:] != frame(seal):
        raise ValueError("is damaged: its seal does not match")
    magic, version = struct.unpack_from("<8sH", data, 8)
    if data[:8] != struct.pack("<II", SKIPPABLE_FRAME, head_size - 8) or magic != b"BWJOURNL" or version != 1:
        raise ValueError("is no archive of the journal")
    numbers = struct.unpack_from("<7Q", data, 24)
    return ArchiveHeader(*numbers[2:], data[80:112], data[112:144], seal)


def blocks_of_archive(path):
    with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as zstd:
        layout = struct.Struct("<QQIqIIHI")
        while head := zstd.stdout.read(layout.size):
            *fields, size = layout.unpack(head)
            yield Block(*fields, zstd.stdout.read(size), zstd.stdout.read(32))
    if zstd.returncode != 0:
        raise ValueError("zstd cannot unpack it")


def take_archive(walk, path, header):
    before = (walk.blocks, walk.events, walk.commands)
    for block in blocks_of_archive(path):
        walk.take(block)
    after = (walk.blocks, walk.events, walk.commands)
    counts = tuple(b - a for a, b in zip(before, after))
    if counts != (header.block_count, header.event_count, header.command_count):
        raise ValueError("its header and its blocks disagree")
    if (walk.last_seq, walk.hash) != (header.last_seq, header.last_hash):
        raise ValueError("its header and its blocks disagree")


def verify_archives(archives, directory):
    walk = Walk()
    for first, last, last_hash, seal, name in archives:
        if directory is None:  # left out: go on where it ends
            walk = Walk(int(last), bytes.fromhex(last_hash))
            continue
        path = os.path.join(directory, name)
        try:
            header = read_archive_header(path)
            if header.seal != bytes.fromhex(seal):
                raise ValueError("is not the file that was written")
            take_archive(walk, path, header)
        except (OSError, ValueError) as error:
            raise Bad(walk.last_seq + 1, f"events {first} to {last} are archived: {name} {error}") from error
    return walk


def verify_database(conninfo, directory):
    with Database(conninfo) as database:
        ((head_epoch, head_seq, head_hash),) = database.rows()
        walk = verify_archives(list(database.rows()), directory)
        for block in database.blocks():
            walk.take(block)
    check_head(walk, int(head_epoch), int(head_seq), bytes.fromhex(head_hash))
    return walk


def check_head(walk, head_epoch, head_seq, head_hash):
    if head_seq > walk.last_seq:
        raise Bad(walk.last_seq + 1, f"the journal ends with event {walk.last_seq}, its head with event {head_seq}")
    if head_seq < walk.last_seq:
        raise Bad(head_seq + 1, f"the head ends with event {head_seq}, the journal with event {walk.last_seq}")
    if head_hash != walk.hash:
        raise Bad(walk.last_seq, "the head has another hash than the newest block")
    if head_epoch < walk.epoch:
        raise Bad(walk.last_seq, "the newest block is of a later epoch than the head")


def verify_files(paths):
    walk = None
    for path in paths:
        try:
            header = read_archive_header(path)
            if walk is None or walk.last_seq + 1 != header.first_seq:
                walk = Walk(header.first_seq - 1, header.previous_hash)
            take_archive(walk, path, header)
        except (OSError, ValueError) as error:
            raise Bad(walk.last_seq + 1 if walk else 1, f"{path}: {error}") from error
    return walk


def report(verify):
    """Prints one line; returns the exit code."""
    try:
        walk = verify()
    except Bad as bad:
        print(f"BAD at event {bad.event_seq}: {bad}", flush=True)
        return 4
    except (Unreadable, OSError) as error:
        print(f"cannot verify: {error}", flush=True)
        return 1
    counts = f"{walk.events} events, {walk.commands} commands, {walk.blocks} blocks"
    print(f"ok: {counts}; hash {walk.hash.hex()}@{walk.last_seq}", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conninfo", help="database, as psql -d takes it; - reads one a line and answers each")
    parser.add_argument("--archive", metavar="DIR", help="directory of archived partitions")
    parser.add_argument("--archive-file", metavar="FILE", nargs="+", help="archived partitions alone, in order")
    arguments = parser.parse_args()
    if bool(arguments.conninfo) == bool(arguments.archive_file):
        parser.error("give --conninfo or --archive-file")
    if arguments.archive_file:
        return report(lambda: verify_files(arguments.archive_file))
    conninfos = (line.rstrip("\n") for line in sys.stdin) if arguments.conninfo == "-" else [arguments.conninfo]
    return max((report(lambda: verify_database(conninfo, arguments.archive)) for conninfo in conninfos), default=0)


if __name__ == "__main__":
    sys.exit(main())
