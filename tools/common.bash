# What every tool of this folder shares: where things are, and how to speak. Sourced, never run.
set -euo pipefail

# Sorting, number formats and tool messages must not depend on the user's locale.
export LC_ALL=C.UTF-8

repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache_dir=${PALIMPSEST_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/palimpsest}
debian_dir=$cache_dir/debian-riscv64
initramfs_dir=$cache_dir/initramfs

# Progress and refusals go to standard error, so that standard output stays data.
say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# die STATUS MESSAGE...
die() {
  local status=$1
  shift
  say "$*"
  exit "$status"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Asks the toolchain where it lives, because `swift` on the PATH may be a launcher of a toolchain manager. Ends the
# script when there is none, or one that does not run here.
swift_resources() {
  have swift || die 2 "no Swift toolchain on the PATH; install Swift 6.1 or later from swift.org, then run this again"
  local answer
  answer=$(swift -print-target-info 2>&1) || die 2 "the Swift toolchain does not run: $(head -n 1 <<<"$answer")"
  sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p' <<<"$answer"
}

# Prints the path of the Swift toolchain's own `$1` (clang, ld.lld, llvm-objdump ...).
swift_toolchain_tool() {
  local resources
  resources=$(swift_resources) || exit
  local tool=${resources%/lib/swift}/bin/$1
  [ -x "$tool" ] || die 2 "the Swift toolchain has no $1 (looked for $tool)"
  printf '%s\n' "$tool"
}

# Builds the program and sets `binary` to its path. $PALIMPSEST_BINARY names a program that is built already, say another
# revision's.
build_binary() {
  binary=${PALIMPSEST_BINARY-}
  [ -z "$binary" ] || return 0
  say "building (a few minutes the first time)"
  swift build --package-path "$repository_root" -c release --product palimpsest >&2
  binary=$(swift build --package-path "$repository_root" -c release --show-bin-path)/palimpsest
}
