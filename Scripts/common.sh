# Shared by the scripts of this folder: where things are.
# shellcheck shell=bash
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
MYVLM_HOME="${MYVLM_HOME:-${HOME:?}/.cache/myvlm}"
export MYVLM_HOME
MODEL="$MYVLM_HOME/models/pocket"

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
fail() { say "$*"; exit 1; }

# One configuration for everything: the kernels are ten times slower unoptimised.
# An import of a target that is no dependency at all is told; HouseTests see those of dependencies' dependencies too.
build() { (cd "$ROOT" && swift build -c release --explicit-target-dependency-import-check error "$@"); }
binary() { printf '%s/%s' "$(cd "$ROOT" && swift build -c release --show-bin-path)" "$1"; }
