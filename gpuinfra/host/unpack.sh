# shellcheck shell=sh
# Start a program of the bundle on the host; take the bundle from stdin first if it is not there, or not whole.
#
#   /bin/sh -c THIS sh DIGEST PROGRAM...        (host_bundle.py sends it without its comments)
#
# The login shell runs this line, and whatever ~/.bashrc does before it: banners, aliases, another directory, tmux.
# So nothing of it is trusted. /bin/sh knows no alias and no function of that shell. The marker line tells where our
# own words begin: the laptop ignores all before it. The laptop says nothing until the marker has come, so that
# nothing of .bashrc can read it, and a request is never sent over a connection that is dead.
# Words start from /, tools are those of the system. PATH itself stays as it is: the user's command shall have it.
cd / || exit 5
digest=$1
shift
cache=$HOME/.cache/gpuinfra
bundle=$cache/host-$digest

# Is the bundle in $1 the one of this name? Its digest is the sha256 of what sha256sum says of all its files (and
# their names). A file that was changed, lost or added makes another digest; the bundle is then replaced. This finds
# damage and edits. It cannot stop the login user, who may run what they like anyway. About 2 ms.
whole() {
  sum=$(
    PATH=/usr/bin:/bin LC_ALL=C
    export PATH LC_ALL
    cd "$1" 2>/dev/null || exit
    sha256sum gpuinfra/*.py gpuinfra/host/*.* gpuinfra/host/Dockerfile gpuinfra/host/*/*.py 2>/dev/null | sha256sum
  )
  case $sum in
  "$digest"*) ;;
  *) return 1 ;;
  esac
}

# Take the archive (its size comes in a line before it) into a new directory, and give that the name in one step:
# a lost connection, or two commands at once, leave no half of it.
unpack() (
  PATH=/usr/bin:/bin
  umask 077
  IFS= read -r size && mkdir -p "$cache" && new=$(mktemp -d "$cache/new.XXXXXX") || exit
  trap 'rm -rf "$new"' EXIT
  head -c "$size" | tar -xzf - -C "$new" && whole "$new" || exit
  rm -rf "$bundle"
  mv -T "$new" "$bundle" 2>/dev/null || whole "$bundle"
)

# The guard that runs as root is renewed from a new bundle, beside the command that brought it. Only on a host of
# ours: a test runs this on other machines.
# All three streams are let go, or ssh would wait for it.
renew() {
  [ -e /etc/gpuinfra/bootstrap.env ] || return 0
  sudo -n /usr/bin/python3 -IB "$bundle/gpuinfra/host/guard/__main__.py" install </dev/null >/dev/null 2>&1 &
}

if whole "$bundle"; then
  echo "gpuinfra-host have"
else
  echo "gpuinfra-host need"
  unpack || {
    echo "gpuinfra: its programs could not be unpacked on the host, in $cache" >&2
    exit 5
  }
  renew
fi
cd "$bundle" && exec "$@"
