#!/usr/bin/env bash
# Steps env-conda, env-pip, shell, verify, requirements and startup: the user's environment. Sourced by bootstrap.sh.
# shellcheck disable=SC2016,SC2034,SC2154  # bash -c gets its values as arguments; bootstrap.sh sets state_dir, as ...

PROFILE=$ROOT/etc/profile.d/gpuinfra.sh

# A lock, if there, is installed as it is: no solve, and each package checked by its hash.
env_source() { if [ -s "$lock_file" ]; then echo "$lock_file"; else echo "$conf_dir/conda.yml"; fi; }

lock_there() { [ -n "$LOCK_SHA256" ] && echo "$LOCK_SHA256  $lock_file" | sha256sum --check --status 2>/dev/null; }

# gpuinfra puts it into the login user's home, by ssh and without sudo. Read as that user, and checked only as our
# own copy: what is installed is what user-data named, whoever writes there meanwhile.
take_lock() {
  "${as[@]}" head -c 8388608 "$LOGIN_HOME/.cache/gpuinfra/environment.lock" >"$lock_file" 2>/dev/null 9>&- 3>&- &&
    lock_there
}

step_lock() {
  local until=$((SECONDS + LOCK_WAIT_S))
  awaits=$LOCK_SHA256
  say "waiting for environment.lock from gpuinfra"
  until take_lock; do
    ((SECONDS < until)) || fail "environment.lock did not come within $LOCK_WAIT_S s: gpuinfra status --watch sends it" 62
    sleep 1 9>&- 3>&-
  done
  awaits=""
}

# One that was built for a CPU is of no use on a GPU: the instance type may have been changed. The reverse works.
env_there() { [ -x "$env_prefix/bin/python" ] && { [ "$GPU" = cpu ] || [ ! -e "$state_dir/made-for-cpu" ]; }; }

step_env_conda() {
  forget env-pip verify requirements
  if [ -e "$env_prefix" ] && ! grep -qxsF "$env_prefix" "$state_dir/made"; then
    refuse "the environment $ENV_NAME exists and is not ours: rename it, or change name in environment.yml" 73
  fi
  echo "$env_prefix" >"$state_dir/made"
  local create=(env create --file) cuda=()
  rm -f "$state_dir/made-for-cpu"
  # Without a GPU the CPU builds are wanted, even where the image has NVIDIA's libraries.
  if [ "$GPU" = cpu ]; then : >"$state_dir/made-for-cpu" && cuda=(CONDA_OVERRIDE_CUDA=); fi
  case $(env_source) in *lock.txt) create=(create --yes --file) ;; esac
  # conda may say that it cannot overwrite, or overwrite in silence, by its version: there is never anything there.
  retry 3600 "conda" "${as[@]}" "${cuda[@]}" bash -c 'rm -rf "$1"; exec "${@:2}"' _ "$env_prefix" \
    "$prefix/bin/conda" "${create[@]}" "$(env_source)" --prefix "$env_prefix"
  case $(env_source) in *lock.txt) keep_variables ;; esac
}

# A lock has packages only; conda itself keeps the variables of environment.yml in this file.
keep_variables() {
  run_logged 60 "${as[@]}" "$prefix/bin/python" -c 'import json, sys
found = json.load(open(sys.argv[1])).get("variables", {})
if found: json.dump({"version": 1, "env_vars": {k: str(v) for k, v in found.items()}}, open(sys.argv[2], "w"))' \
    "$conf_dir/conda.yml" "$env_prefix/conda-meta/state" || fail "cannot write $env_prefix/conda-meta/state" $?
}

# pip_install WHAT FILE
pip_install() {
  retry 3600 "$1" "${as[@]}" "$env_prefix/bin/python" -m pip install --no-input --disable-pip-version-check \
    --retries 5 --timeout 60 --exists-action=b --requirement "$2"
}

step_env_pip() {
  forget verify requirements
  [ -s "$conf_dir/pip.txt" ] || { say "no pip section"; return 0; }
  pip_install "pip (environment.yml)" "$conf_dir/pip.txt"
}

step_requirements() {
  [ -s "$conf_dir/requirements.txt" ] || { say "no requirements.txt"; return 0; }
  pip_install "pip (requirements.txt)" "$conf_dir/requirements.txt"
}

profile_script() {
  cat <<SH
# Written by gpuinfra: each login shell starts in the environment.
if [ -r '$prefix/etc/profile.d/conda.sh' ] && [ -z "\${GPUINFRA_NO_ACTIVATE:-}" ]; then
  . '$prefix/etc/profile.d/conda.sh'
  conda activate '$env_prefix' || true
fi
SH
}

shell_there() { [ -s "$PROFILE" ] && [ -e "$ROOT/usr/local/bin/conda" ]; }

step_shell() {
  mkdir -p "${PROFILE%/*}" "$ROOT/usr/local/bin"
  # In one step: a login that meets it has the one or the other.
  profile_script >"$PROFILE.new"
  mv "$PROFILE.new" "$PROFILE"
  # For "ssh host conda": such a shell reads no profile, and .bashrc ends early for it.
  ln -sfn "$prefix/bin/conda" "$ROOT/usr/local/bin/conda"
  # Terminals of editors are no login shells.
  run_logged 60 "${as[@]}" bash -c 'grep -qsF "$1" ~/.bashrc || echo "[ ! -r $1 ] || . $1  # gpuinfra" >>~/.bashrc' \
    _ "$PROFILE" || fail "cannot write $LOGIN_HOME/.bashrc" $?
}

# The GPUs are proven anew in each boot.
proven_in_this_boot() { [ "$GPU" = cpu ] || [ -e "$ROOT/run/gpuinfra/proven" ]; }

step_verify() {
  local names=$conf_dir/names.txt
  # run_step's key is the old one: only the boot is new. The packages were proven and are the user's to change.
  [ "$old_key" != "$key" ] || names=/dev/null
  retry 900 "verify" "${as[@]}" "$env_prefix/bin/python" "$here/verify.py" "$names" "$GPU" "$GPU_COUNT"
  mkdir -p "$ROOT/run/gpuinfra"
  : >"$ROOT/run/gpuinfra/proven"
  [ "$names" != /dev/null ] || return 0
  grep '^{' "$last_output" | tail -n 1 >"$state_dir/verify.json"
  # What is really installed, exactly: gpuinfra can bring it home as a lock.
  run_logged 120 "${as[@]}" "$prefix/bin/conda" list --prefix "$env_prefix" --explicit --sha256 || fail "conda list" $?
  grep -E '^(#|@|[a-z]+:)' "$last_output" >"$state_dir/env.explicit.txt"
}

step_startup() {
  local script=$conf_dir/startup rc=0
  [ -s "$script" ] || { say "no startup script"; return 0; }
  # Once, by the login user, in the environment. It is the user's own: who knows whether it may run twice?
  # Bash reads conda.sh before each script: `conda activate` works there, too.
  run_logged 7200 "${as[@]}" "BASH_ENV=$prefix/etc/profile.d/conda.sh" bash -c \
    'conda activate "$2" && cd && case $(head -c 2 "$1") in "#!") exec "$1" ;; esac && exec bash "$1"' \
    _ "$script" "$env_prefix" || rc=$?
  [ "$rc" = 0 ] || refuse "the startup script exited with $rc" "$rc"
}
