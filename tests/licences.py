"""Fails when a dependency's licence is none of those that the MIT licence of this program goes with."""

import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met: one side of each OR, both of each AND."""
    words = re.sub(r"\s*/\s*", " OR ", expression)
    tokens = re.findall(r"\(|\)|\bOR\b|\bAND\b|[^\s()]+(?: WITH [^\s()]+)?", words)
    terms = [{"OR": "or", "AND": "and", "(": "(", ")": ")"}.get(t) or str(t in ALLOWED) for t in tokens]
    return eval(" ".join(terms), {"__builtins__": {}})  # only True, False, and, or, brackets


def main() -> int:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
    refused = [
        f"{package['name']} {package['version']}: {package['license']}"
        for package in packages
        if not package["license"] or not allowed(package["license"])
    ]
    print("\n".join(refused) or f"{len(packages)} packages, all with licences that may be used")
    return 1 if refused else 0


sys.exit(main())
