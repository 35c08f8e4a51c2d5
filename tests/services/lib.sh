# shellcheck shell=bash
# Shared by the service scripts.

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Whether something listens on a loopback port.
listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints the first of COUNT free ports in a row, below the range from which the kernel takes
# ports for outgoing connections.
free_ports() {
  local count=$1 first try port
  for try in $(seq 50); do
    first=$((20000 + (RANDOM * 32768 + RANDOM) % 1000 * 12))
    for ((port = first; port < first + count; port++)); do
      if listens "$port"; then continue 2; fi
    done
    echo "$first"
    return
  done
  fail "no $count free ports in a row after $try tries"
}

# The process of a pid file, if it runs.
running() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null && echo "$pid"
}

# Ends the process of a pid file: asks, waits SECONDS, then kills.
end() {
  local file=$1 seconds=$2 pid
  if pid=$(running "$file"); then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq $((seconds * 10))); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$file"
}
