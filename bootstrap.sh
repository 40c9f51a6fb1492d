#!/bin/sh
# Installs what this project needs on Debian or Raspberry Pi OS, and only what is missing. `make` calls it:
#
#   ./bootstrap.sh run           what the front desk needs
#   ./bootstrap.sh test          that, and what its tests need
#   ./bootstrap.sh constraints   write constraints.txt anew, with the versions of today
#
# Debian packages are listed in debian-packages.txt, Python's in pyproject.toml, their versions in constraints.txt.
# PYTHON chooses the Python (3.11 or newer); without it, it is the `python3` of the PATH.

set -eu
cd -P "$(dirname "$0")"

PYTHON=${PYTHON:-python3}
VENV=.venv
PRINT_VERSION='import sys; print("%d.%d.%d" % sys.version_info[:3])'

say() {
    printf 'frontdesk: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

check_python() {
    found=$("$PYTHON" -c "$PRINT_VERSION") ||
        fail "cannot run $PYTHON. Install Python 3.11 or newer, or set PYTHON=/path/to/python3."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed; $PYTHON is $found. Set PYTHON=/path/to/a/newer/python3."
}

# --- Debian packages

packages_for() { # GROUP
    awk -v group="$1" '$1 == "run" || $1 == group { print $2 }' debian-packages.txt
}

missing_packages() { # GROUP
    { dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null || true; packages_for "$1"; } |
        awk 'NF == 2 { if ($1 == "installed") there[$2] = 1; next } !($1 in there)'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() { # GROUP
    # One word for each package: names of Debian packages hold no spaces.
    # shellcheck disable=SC2046
    set -- $(missing_packages "$1")
    [ $# -gt 0 ] || return 0
    by_hand="As root: apt-get update && apt-get install --no-install-recommends $*"
    command -v apt-get >/dev/null ||
        fail "this is not Debian; what the following packages hold must be installed by hand: $*"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        fail "packages are missing, and you are neither root nor have sudo. $by_hand"
    say "installing $# Debian packages, once: $*"
    as_root apt-get -qq update || fail "apt-get update failed. $by_hand"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends "$@" >/dev/null || fail "apt-get install failed. $by_hand"
}

# --- the virtual environment

fingerprint() { # Changes with the Python, the place, and every file that says what is to be installed.
    { printf '%s %s\n' "$found" "$PWD"; cat pyproject.toml constraints.txt bootstrap.sh; } | sha256sum
}

venv_fits() { # It has the Python that was asked for, and its commands were written for this folder.
    [ "$("$VENV/bin/python" -c "$PRINT_VERSION" 2>/dev/null)" = "$found" ] &&
        [ -x "$VENV/bin/pip" ] && grep -qF " $PWD/$VENV" "$VENV/pyvenv.cfg"
}

install_python_packages() { # GROUP
    stamp=$VENV/.installed-for-$1
    now=$(fingerprint)
    [ "$(cat "$stamp" 2>/dev/null)" != "$now" ] || return 0
    if ! venv_fits; then
        say "making $VENV with Python $found"
        "$PYTHON" -m venv --clear "$VENV"
    fi
    extra=
    [ "$1" = run ] || extra='[dev]'
    say "installing Python packages"
    "$VENV/bin/pip" -qq --disable-pip-version-check install -c constraints.txt -e ".$extra"
    echo "$now" >"$stamp"
    [ "$1" = run ] || echo "$now" >"$VENV/.installed-for-run"
}

# --- constraints.txt

frozen() { # ENVIRONMENT
    "$1/bin/pip" --disable-pip-version-check freeze --exclude-editable | LC_ALL=C sort -f
}

write_constraints() {
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    "$PYTHON" -m venv "$fresh/venv"
    "$fresh/venv/bin/pip" -qq --disable-pip-version-check install -e '.[pi]'
    frozen "$fresh/venv" >"$fresh/runtime"
    "$fresh/venv/bin/pip" -qq --disable-pip-version-check install -e '.[pi,dev]'
    frozen "$fresh/venv" >"$fresh/all"
    {
        echo '# The versions that are installed and tested. Written by "make constraints"; do not edit.'
        printf '\n# The front desk\n'
        cat "$fresh/runtime"
        printf '\n# Its tests\n'
        grep -vxF -f "$fresh/runtime" "$fresh/all"
    } >"$fresh/constraints.txt"
    cp "$fresh/constraints.txt" constraints.txt
    say "wrote constraints.txt"
}

case "${1:-}" in
run | test)
    check_python
    install_packages "$1"
    install_python_packages "$1"
    ;;
constraints)
    check_python
    install_packages test
    write_constraints
    ;;
*)
    fail "usage: ./bootstrap.sh run | test | constraints"
    ;;
esac
