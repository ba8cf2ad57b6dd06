#!/usr/bin/env bash
# Steps with markers, one status file, retries; sourced by bootstrap.sh. Nothing here knows of conda or GPUs.
# shellcheck disable=SC2034,SC2154  # bootstrap.sh sets state_dir, log_file, steps, prefix and reads what is set here

step=start index=0 attempt=1 message="" times="" step_started="" boot_id="" started="" begin_us=0
GPU="" GPU_COUNT=null CUDA="" awaits=""
last_output=$state_dir/last.out

# The same input can only fail again: words of conda, pip, the kernel and verify.py.
PERMANENT='PackagesNotFound|ResolvePackageNotFound|Unsatisfiable|InvalidMatchSpec|InvalidSpec|EnvironmentFile'
PERMANENT+='|CondaToSNonInteractiveError|NoWritable|No matching distribution|ResolutionImpossible'
PERMANENT+='|UnavailableInvalidChannel|Invalid requirement|No module named pip|No space left|^Unfit: |^SyntaxError: '
PERMANENT+='|Could not open requirements file|is not a valid editable|requires a different Python|require-hashes mode'
PERMANENT+='|not a supported wheel|does not appear to be a Python project|metadata-generation-failed'
PERMANENT+='|could not read Username|Repository not found|Permission denied \(publickey'
# ... unless the network failed first: pip then says "No matching distribution" too.
NETWORK='Retrying \(|NewConnectionError|Connection (reset|refused|timed out)|HTTP(Error)? 5[0-9][0-9]'

begin_run() {
  mkdir -p "$state_dir/steps" "$state_dir/env" "${log_file%/*}"
  # Closed in every child: a daemon left behind by an installer must not keep the lock.
  exec 9>"$state_dir/lock"
  flock -n 9 || { echo "the bootstrap is already running" >&2; exit 75; }
  # A full disk must still be reportable: this is given back first.
  [ -s "$state_dir/.reserve" ] || head -c 65536 /dev/zero >"$state_dir/.reserve" || true
  exec 3>&1 >>"$log_file" 2>&1 </dev/null
  [ ! -s "$state_dir/attempt" ] || attempt=$(($(<"$state_dir/attempt") + 1))
  echo "$attempt" >"$state_dir/attempt"
  boot_id=$(</proc/sys/kernel/random/boot_id)
  begin_us=$(now_us)
  started=$(now)
  trap 'fail "unexpected error near line $LINENO of ${BASH_SOURCE[0]##*/}" $?' ERR
  trap 'fail "interrupted (SIGTERM)" 143' TERM
  log "===== attempt $attempt, boot $boot_id ====="
}

end_run() {
  step="done"
  message="ready after $((($(now_us) - begin_us) / 1000)) ms"
  log "$message"
  write_status "done" 0 false ""
  echo "gpuinfra bootstrap: $message" >&3
}

now() { printf '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }
now_us() { echo "${EPOCHREALTIME/[.,]/}"; }
log() { printf '%s [%s] %s\n' "$(now)" "$step" "$*" || true; }
say() {
  message=$*
  log "$message"
  write_status running null false ""
}

# What a marker holds: a short hash of texts, or of files (a missing one holds nothing).
key_of() { printf '%s\n' "$@" | sha256sum | cut -c 1-16; }
files_key() { { cat "$@" 2>/dev/null || true; } | sha256sum | cut -c 1-16; }

json() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  printf '"%s"' "${text//[^ -~]/ }"
}

# write_status STATE RC PERMANENT ERROR: replace status.json in one go, so that a reader never sees half of it
write_status() {
  local names new=$state_dir/.status.new
  names=$(printf ',"%s"' "${steps[@]}")
  local line="{\"schema\":1,\"state\":\"$1\",\"step\":\"$step\",\"index\":$index,\"total\":${#steps[@]}"
  line+=",\"attempt\":$attempt,\"message\":$(json "$message"),\"rc\":$2,\"permanent\":$3,\"error\":$(json "$4")"
  line+=",\"started_at\":\"$started\",\"updated_at\":\"$(now)\",\"step_started_at\":\"$step_started\""
  line+=",\"boot_id\":\"$boot_id\",\"pid\":$$,\"environment\":$(json "$ENV_NAME"),\"prefix\":$(json "$env_prefix")"
  line+=",\"cuda\":$(json "$CUDA"),\"gpu\":$(json "$GPU"),\"gpus\":$GPU_COUNT,\"awaits\":\"$awaits\",\"steps\":[${names#,}],\"steps_ms\":{${times#,}}}"
  { printf '%s\n' "$line" >"$new" && mv -f "$new" "$state_dir/status.json"; } 2>/dev/null && return
  rm -f "$state_dir/.reserve" "$new"
  { printf '%s\n' "$line" >"$new" && mv -f "$new" "$state_dir/status.json"; } || true
}

fail() { stop 75 false "$1" "${2:-1}"; }
refuse() { stop 78 true "$1" "${2:-1}"; }
# stop EXIT_CODE PERMANENT MESSAGE RC: the only way out but success
stop() {
  trap - ERR TERM
  set +e
  message=$3
  log "FAILED (rc $4, permanent $2): $3"
  write_status failed "$4" "$2" "$(tail -n 15 "$last_output" 2>/dev/null | tr '\r' '\n' | tail -n 15 | cut -c 1-300)"
  echo "gpuinfra bootstrap FAILED in step $step (rc $4): $3 [log: $log_file]" >&3
  exit "$1"
}

# run_step NAME KEY PROBE: call step_NAME, unless its marker holds KEY and the cheap PROBE passes
run_step() {
  local marker=$state_dir/steps/$1 key=$2 probe=$3 old_key="" ms=0 from
  step=$1 index=$((index + 1))
  [ ! -s "$marker" ] || read -r old_key ms <"$marker" || true
  if [ "$old_key" != "$key" ] || ! "$probe"; then
    rm -f "$marker"
    : >"$last_output"
    from=$(now_us) step_started=$(now)
    say start
    "step_${1//-/_}"
    ms=$((($(now_us) - from) / 1000))
    # The marker must not outlive what it stands for when the power goes.
    sync -f "$state_dir"
    echo "$key $ms" >"$marker"
    log "done in $ms ms"
  fi
  times+=",\"$1\":$ms"
}

forget() { local name; for name; do rm -f "$state_dir/steps/$name"; done; }

# free_mb PATH: free megabytes where PATH is, or will be
free_mb() {
  local dir=$1
  while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
  df -Pm "$dir" | awk 'NR == 2 { print $4 }'
}

run_logged() {
  local timeout_s=$1
  shift
  timeout -k 10 "$timeout_s" "$@" 2>&1 9>&- 3>&- | tee "$last_output" 9>&- 3>&-
  return "${PIPESTATUS[0]}"
}

permanent_line() {
  ! grep -qE "$NETWORK" "$last_output" || return 1
  grep -m 1 -A 3 -E "$PERMANENT" "$last_output" | tr -s '\n\r\t ' ' ' | cut -c 1-400
}

# retry TIMEOUT_S WHAT COMMAND...: until it works; not again when its output says that it never will
retry() {
  local timeout_s=$1 what=$2 try rc why
  shift 2
  for ((try = 1; ; try++)); do
    rc=0
    run_logged "$timeout_s" "$@" || rc=$?
    [ "$rc" != 0 ] || return 0
    (($(free_mb "$prefix") >= 50)) || refuse "$what: the disk is full; set a larger root_volume_size_gb" 28
    if why=$(permanent_line) && [ -n "$why" ]; then refuse "$what: $why" "$rc"; fi
    ((try < TRIES)) || break
    say "$what failed (rc $rc$([ "$rc" != 124 ] || echo ", timed out after $timeout_s s")), try $((try + 1)) of $TRIES"
    sleep $((BACKOFF_S * 2 ** (try - 1)))
  done
  why="$what failed after $TRIES tries: $(grep -v '^[[:space:]]*$' "$last_output" | tail -n 1 | cut -c 1-300)"
  # 79: the file was whole each time and never the pinned one.
  [ "$rc" != 79 ] || refuse "$why" "$rc"
  fail "$why" "$rc"
}
