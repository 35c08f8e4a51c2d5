#!/usr/bin/env bash
# A private RabbitMQ on loopback, without systemd and without a default instance.
#
#   rabbitmq.sh start DIR          starts it (again) with its data in DIR, prints its URL
#   rabbitmq.sh stop DIR           stops it, and the port mapper that it needs
#   rabbitmq.sh kill DIR           kill -9
#   rabbitmq.sh freeze|thaw DIR    SIGSTOP, SIGCONT
#   rabbitmq.sh ctl DIR ARG...     rabbitmqctl
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# >= 2)) || fail "usage: start|stop|kill|freeze|thaw|ctl DIR [ARG...]"
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2

# The wrapper in /usr/sbin insists on its own user: the real script is in the package's folder.
sbin() {
  local found
  for found in /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin /usr/local/opt/rabbitmq/sbin \
    /opt/homebrew/opt/rabbitmq/sbin "${RABBITMQ_SBIN:-}"; do
    if [[ -x $found/rabbitmq-server ]]; then
      echo "$found"
      return
    fi
  done
  fail "RabbitMQ is not installed (Debian: apt-get install rabbitmq-server), or set RABBITMQ_SBIN to the folder of rabbitmq-server"
}

# Everything that RabbitMQ keeps goes to DIR, and every port it takes is ours.
settings() {
  local port
  port=$(cat "$dir/port")
  export HOME=$dir/home LANG=C.UTF-8
  export RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf
  export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins RABBITMQ_PID_FILE=$dir/node.pid
  export RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_LOG_BASE=$dir/log
  export RABBITMQ_NODENAME=accolade$port@localhost
  export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port
  export RABBITMQ_DIST_PORT=$((port + 1))
  export ERL_EPMD_PORT=$((port + 2)) ERL_EPMD_ADDRESS=127.0.0.1
  export RABBITMQ_CTL_DIST_PORT_MIN=$((port + 3)) RABBITMQ_CTL_DIST_PORT_MAX=$((port + 9))
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
}

prepare() {
  mkdir -p "$dir/home" "$dir/mnesia" "$dir/log"
  free_ports 10 >"$dir/port" || exit 1
  rm -f "$dir/home/.erlang.cookie"
  (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/home/.erlang.cookie")
  chmod 400 "$dir/home/.erlang.cookie"
  echo '[].' >"$dir/enabled_plugins"
  cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(cat "$dir/port")
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
CONF
}

# A listener is there long before the broker is: it is ready when it answers the protocol header
# with a method frame, whose first byte is 1.
ready() {
  local byte=
  {
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'AMQP\0\0\011\001' >&3
    IFS= read -r -t 5 -N 1 byte <&3 || true
    exec 3>&-
  } 2>/dev/null
  [[ $byte == $'\x01' ]]
}

# Runs in the background, out of reach of a Ctrl-C meant for the caller.
background() {
  local pid_file=$1 output=$2
  shift 2
  setsid "$@" >"$output" 2>&1 </dev/null &
  echo $! >"$pid_file"
}

start() {
  local sbin port deadline
  sbin=$(sbin) || exit 1
  [[ -f $dir/port ]] || prepare
  settings
  port=$RABBITMQ_NODE_PORT
  running "$dir/beam.pid" >/dev/null && fail "it runs already in $dir"
  # Started by Erlang it would outlive the broker, and listen everywhere.
  if ! running "$dir/epmd.pid" >/dev/null; then
    background "$dir/epmd.pid" "$dir/log/epmd" epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1
  fi
  # This makes the script become the broker, so that the pid is the broker's.
  RUNNING_UNDER_SYSTEMD=true background "$dir/beam.pid" "$dir/log/output" "$sbin/rabbitmq-server"
  deadline=$((SECONDS + 90))
  until ready "$port"; do
    if ! running "$dir/beam.pid" >/dev/null || ((SECONDS > deadline)); then
      tail -n 30 "$dir/log/output" >&2
      stop
      return 1
    fi
    sleep 0.2
  done
  echo "amqp://guest:guest@127.0.0.1:$port/%2f"
}

stop() {
  # A frozen process does not hear that it should end.
  freeze CONT 2>/dev/null || true
  end "$dir/beam.pid" 20
  end "$dir/epmd.pid" 5
}

freeze() {
  local pid
  pid=$(running "$dir/beam.pid") || fail "it does not run in $dir"
  kill "-$1" "$pid"
}

case $command in
  start)
    # Another process may take the ports between the look and the start: once more with others.
    if [[ -f $dir/port ]]; then
      start || fail "RabbitMQ did not start again; its output is above"
    elif ! start; then
      rm -rf "$dir/port" "$dir/mnesia"
      start || fail "RabbitMQ did not start; its output is above"
    fi
    ;;
  stop) stop ;;
  kill)
    freeze KILL
    while running "$dir/beam.pid" >/dev/null; do sleep 0.05; done
    ;;
  freeze) freeze STOP ;;
  thaw) freeze CONT ;;
  ctl)
    sbin=$(sbin) || exit 1
    settings
    exec "$sbin/rabbitmqctl" "$@"
    ;;
  *) fail "unknown command $command" ;;
esac
