#!/usr/bin/env python3
"""Packs what is deployed: host.json, the executable, and each function's manifest beside them, nothing else.

    RUSTFLAGS="-C target-feature=+crt-static" cargo build --profile deploy --no-default-features --target x86_64-unknown-linux-gnu
    infra/package.py target/x86_64-unknown-linux-gnu/deploy/kundportal kundportal.zip

The same files give the same bytes. An executable that is not the deployed build is refused.
"""

import argparse
import json
import struct
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

# What a deployment may weigh.
MOST_BYTES = 8_000_000

# Names of what only the local run and the test build have: their issuer, their clock, their faults. A test finds each in the sources.
DEVELOPMENT = (
    b"/dev/oidc/.well-known/openid-configuration",
    b"/dev/oidc/jwks",
    b"/dev/token",
    b"/dev/outbox",
    b"kundportal-front-end",
    b"KUNDPORTAL_TEST_CLOCK",
    b"KUNDPORTAL_TEST_FAULTS",
)

INTERPRETER = 3  # PT_INTERP: the program asks for a dynamic linker.
SYMBOLS = 2  # SHT_SYMTAB: the names of all functions.
X86_64 = 62


def sections(executable: bytes) -> list[int]:
    """The kinds of its sections."""
    [table] = struct.unpack_from("<Q", executable, 40)
    size, count = struct.unpack_from("<HH", executable, 58)
    if not table or table + size * count > len(executable):
        return []
    return [struct.unpack_from("<I", executable, table + size * number + 4)[0] for number in range(count)]


def elf_faults(executable: bytes) -> list[str]:
    """Why an executable would not start where nothing is installed for it."""
    if executable[:6] != b"\x7fELF\x02\x01" or len(executable) < 64:
        return ["it is no 64-bit executable for Linux"]
    [machine] = struct.unpack_from("<H", executable, 18)
    if machine != X86_64:
        return ["it is for another processor than x86-64"]
    [table] = struct.unpack_from("<Q", executable, 32)
    size, count = struct.unpack_from("<HH", executable, 54)
    if table + size * count > len(executable):
        return ["its headers are broken"]
    kinds = [struct.unpack_from("<I", executable, table + size * number)[0] for number in range(count)]
    found = ["it is linked dynamically: build it with RUSTFLAGS='-C target-feature=+crt-static'"] if INTERPRETER in kinds else []
    return found + (["it has its symbols, a tenth of its size: build it with --profile deploy"] if SYMBOLS in sections(executable) else [])


def faults(executable: bytes) -> list[str]:
    """Why an executable must not be deployed."""
    found = [text.decode() for text in DEVELOPMENT if text in executable]
    development = [f"it holds what only the local run has ({', '.join(found)}): build it with --no-default-features"] if found else []
    return elf_faults(executable) + development


def contents(executable: bytes) -> dict[str, tuple[bytes, int]]:
    """Files by name, with their permissions, in the order of the archive."""
    host = (PROJECT / "host.json").read_bytes()
    program = json.loads(host)["customHandler"]["description"]["defaultExecutablePath"]
    files = {"host.json": (host, 0o644), program: (executable, 0o755)}
    for manifest in (PROJECT / "functions").glob("*/function.json"):
        files[f"{manifest.parent.name}/function.json"] = (manifest.read_bytes(), 0o644)
    return dict(sorted(files.items()))


def write(files: dict[str, tuple[bytes, int]], archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as package:
        for name, (content, permissions) in files.items():
            # A fixed time; made on Unix, or the permissions would not count.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (0o100000 | permissions) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, content, compresslevel=9)


def main(given: list[str]) -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("executable", type=Path)
    arguments.add_argument("archive", type=Path)
    paths = arguments.parse_args(given)
    executable = paths.executable.read_bytes()
    if found := faults(executable):
        print(f"{paths.executable} is not packed: {'; '.join(found)}")
        return 1
    files = contents(executable)
    write(files, paths.archive)
    size = paths.archive.stat().st_size
    if size > MOST_BYTES:
        paths.archive.unlink()
        print(f"the package would be of {size:,} bytes; it may be of {MOST_BYTES:,}")
        return 1
    print(f"{paths.archive}: {len(files)} files, {size:,} bytes; the executable is of {len(executable):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
