#!/usr/bin/env bash
# Steps download, install and configure: conda itself, for the login user. Sourced by bootstrap.sh.
# shellcheck disable=SC2016,SC2154  # bash -c gets its values as arguments; bootstrap.sh sets state_dir, prefix, as ...

# The real installer refuses a name that does not end in .sh.
INSTALLER_FILE=$state_dir/installer.sh

conda_works() { [ ! -e "$state_dir/installing" ] && "$prefix/bin/python" -c "" 2>/dev/null; }
installer_there() { [ -s "$INSTALLER_FILE" ] || conda_works; }

step_download() {
  if conda_works; then say "conda is there already"; return 0; fi
  retry 1800 "download of $INSTALLER_URL" bash "$here/fetch.sh" \
    "$INSTALLER_URL" "$INSTALLER_SHA256" "$INSTALLER_FILE"
}

step_install() {
  if conda_works && [ -x "$prefix/bin/conda" ]; then say "using the conda in $prefix"; return 0; fi
  # Only what an interrupted run of ours left behind is removed; the installer refuses an existing directory.
  if [ -e "$state_dir/installing" ]; then rm -rf "$prefix"; fi
  [ ! -e "$prefix" ] || refuse "$prefix exists and holds no working conda: move it away" 73
  : >"$state_dir/installing"
  retry 1200 "$INSTALLER installer" "${as[@]}" bash -c 'rm -rf "$2"; exec bash "$1" -b -p "$2"' \
    _ "$INSTALLER_FILE" "$prefix"
  rm -f "$state_dir/installing" "$INSTALLER_FILE"
}

# No `defaults`: their terms of service would stop every command, and larger companies owe a licence for them.
condarc() {
  cat <<'RC'
channels:
  - conda-forge
channel_priority: strict
auto_activate: false
show_channel_urls: true
number_channel_notices: 0
fetch_threads: 10
remote_max_retries: 6
remote_backoff_factor: 2
remote_read_timeout_secs: 120
RC
}

condarc_there() { [ -s "$prefix/.condarc" ]; }

step_configure() {
  condarc >"$state_dir/env/condarc"
  # Written by its owner: the directory is the login user's.
  run_logged 60 "${as[@]}" cp "$state_dir/env/condarc" "$prefix/.condarc" || fail "cannot write $prefix/.condarc" $?
}
