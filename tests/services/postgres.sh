#!/usr/bin/env bash
# A private PostgreSQL on loopback.
#
#   postgres.sh start DIR [durable]   starts it (again) with its data in DIR, prints its URL;
#                                     durable: as an administrator runs it, with fsync, and with
#                                     memory and a log for tables of some gigabytes
#   postgres.sh stop DIR              stops it
#   postgres.sh kill DIR              kill -9 of the server; its children end by themselves
#   postgres.sh freeze|thaw DIR       SIGSTOP, SIGCONT of the server and its children
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 2)) || [[ $# == 3 && $1 == start && $3 == durable ]] || fail "usage: start DIR [durable] | stop|kill|freeze|thaw DIR"
command=$1
# A killed process loses nothing without fsync; only a machine that dies would.
settings="-c fsync=off"
[[ ${3:-} != durable ]] || settings="-c fsync=on -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=15min"
mkdir -p "$2"
dir=$(cd "$2" && pwd)
data=$dir/data

bin() {
  local found
  # The newest version comes last.
  found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -n 1)
  [[ -n $found ]] || found=$(command -v initdb) ||
    fail "PostgreSQL is not installed (Debian: apt-get install postgresql)"
  dirname "$found"
}

# The server refuses to run as root.
as_postgres() {
  if [[ $(id -u) == 0 ]]; then
    (cd "$dir" && setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
  else
    "$@"
  fi
}

start() {
  local bin port
  bin=$(bin) || exit 1
  if [[ ! -f $data/PG_VERSION ]]; then
    [[ $(id -u) != 0 ]] || chown postgres: "$dir"
    as_postgres "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --no-locale --no-sync \
      >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; return 1; }
  fi
  [[ -f $dir/port ]] || free_ports 1 >"$dir/port" || exit 1
  port=$(cat "$dir/port")
  as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -l "$dir/server.log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 $settings" \
    start >"$dir/start.log" 2>&1 || { cat "$dir/start.log" "$dir/server.log" >&2; return 1; }
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

stop() {
  local bin
  bin=$(bin) || exit 1
  [[ ! -f $data/postmaster.pid ]] || as_postgres "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
}

# The server first, so that it starts no child meanwhile.
freeze() {
  local pid
  pid=$(head -n 1 "$data/postmaster.pid")
  kill "-$1" "$pid"
  pkill "-$1" -P "$pid" || true
}

case $command in
  start)
    if [[ -f $dir/port ]]; then
      start || fail "PostgreSQL did not start again; its output is above"
    elif ! start; then
      # Another process may have taken the port between the look and the start.
      rm -f "$dir/port"
      start || fail "PostgreSQL did not start; its output is above"
    fi
    ;;
  stop) stop ;;
  kill) kill -9 "$(head -n 1 "$data/postmaster.pid")" ;;
  freeze) freeze STOP ;;
  thaw) freeze CONT ;;
  *) fail "unknown command $command" ;;
esac
