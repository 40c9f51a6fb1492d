#!/bin/sh
# Installs this release of the PST Front Desk; run it again at any time, it does only what is not done yet.
#
#   sudo ./install.sh                       install, or go over to this release
#   sudo ./install.sh --kiosk               the same, and the visitors' screen on this machine
#   sudo ./install.sh --uninstall           remove the program; configuration and data stay
#   sudo ./install.sh --uninstall --purge   erase configuration and data too
#
# For `frontdesk upgrade` and for the Debian package:
#   --stage               only lay this release beside the others
#   --units               only enable and start what the current release has brought
#   --without-packages    apt has installed what is needed

set -eu
umask 022
here=$(cd -P "$(dirname "$0")" && pwd)

ROOT=${FRONTDESK_ROOT:-/opt/frontdesk}
CONFIG=/etc/frontdesk
DATA=/var/lib/frontdesk
COMMAND=/usr/local/bin/frontdesk
ACCOUNT=frontdesk

say() {
    printf 'frontdesk: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# --- what there is

systemd_runs() {
    [ -d /run/systemd/system ]
}

release_says() { # KEY
    sed -n "s/^$1 = \"\\(.*\\)\"\$/\\1/p" "$here/release.toml"
}

check_release() {
    [ -e "$here/release.toml" ] ||
        fail "this is not a release: it has no release.toml. Build one with \"make release\", unpack it, and run its install.sh."
    version=$(release_says version)
    (cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) >&2 ||
        fail "this release is damaged; copy it again. Nothing was changed."
}

check_machine() { # Its wheels are for certain processors and Pythons.
    command -v python3 >/dev/null || return 0 # comes with the packages
    # The kernel may be of 64 bit and all else of 32: dpkg says what programs are.
    machine=$(dpkg --print-architecture | sed 's/^arm64$/aarch64/; s/^amd64$/x86_64/')-$(python_tag)
    grep -qx "$machine" "$here/platforms" ||
        fail "this machine is $machine, and this release is for: $(tr '\n' ' ' <"$here/platforms"). Nothing was changed."
}

python_tag() {
    python3 -c 'import sys; print("cp%d%d" % sys.version_info[:2])'
}

# --- Debian packages

wanted_packages() { # MARK: "" for those that are needed, "?" for those that not every system has
    sed 's/#.*//; s/(.*//' "$here/depends.txt" | awk -v mark="$1" '
        NF == 0 { next }
        { name = $1; optional = sub(/[?]$/, "", name) ? "?" : "" }
        optional == mark { print name }'
}

install_packages() {
    command -v apt-get >/dev/null || fail "this is not Debian: there is no apt-get."
    # One word for each package: names of Debian packages hold no spaces.
    # shellcheck disable=SC2046
    install_missing $(wanted_packages "") "$@"
    for package in $(wanted_packages "?"); do
        if [ -n "$(apt-cache --names-only search "^$package\$" 2>/dev/null)" ]; then install_missing "$package"; fi
    done
}

tell_without_pins() {
    "$ROOT/releases/$version/bin/python" -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("lgpio"))' ||
        say "there is no lgpio for this Python here: push buttons and locks on pins need Raspberry Pi OS. All else works."
}

install_missing() { # PACKAGE...
    missing=
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing Debian packages:$missing"
    apt-get -qq update || fail "apt-get update failed. Is the network there?"
    # shellcheck disable=SC2086
    env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $missing >/dev/null || fail "apt-get could not install:$missing"
}

# --- the release, beside the others

stage() { # Whole or not at all: made elsewhere, forced to disk, and only then put in its place.
    release=$ROOT/releases/$version
    if [ -x "$release/bin/frontdesk" ]; then
        say "release $version is there"
        return 0
    fi
    say "installing release $version"
    building=$ROOT/building
    rm -rf "$building"
    mkdir -p "$building" "$ROOT/releases"
    # With Debian's packages in sight, for what has no wheel; all else comes from the wheels, whatever Debian has.
    python3 -m venv --system-site-packages "$building"
    "$building/bin/python" -m pip --isolated install --quiet --disable-pip-version-check --no-warn-script-location --no-cache-dir \
        --no-index --find-links "$here/wheels" --require-hashes --ignore-installed --no-deps --requirement "$here/requirements.txt"
    find "$building/bin" "$building/pyvenv.cfg" -type f -exec sed -i "s|$building|$release|g" {} +
    cp -R "$here/system" "$building/system"
    cp "$here/release.toml" "$here/install.sh" "$building/"
    rm -rf "$release"
    sync -f "$building"
    mv -T "$building" "$release"
    sync -f "$ROOT/releases"
}

# --- account, folders, link, units

make_account() {
    accounts=$here/system/usr/lib/sysusers.d/frontdesk.conf
    if command -v systemd-sysusers >/dev/null && [ -e "$accounts" ]; then
        systemd-sysusers "$accounts"
    fi
    if ! getent passwd "$ACCOUNT" >/dev/null; then # a system without systemd, or a release without units
        say "making the account $ACCOUNT"
        useradd --system --user-group --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
        for group in gpio dialout lp scanner video audio plugdev; do
            if getent group "$group" >/dev/null; then usermod --append --groups "$group" "$ACCOUNT"; fi
        done
    fi
}

make_folders() {
    install -d -m 0755 "$ROOT" "$ROOT/releases"
    install -d -m 0750 -g "$ACCOUNT" "$CONFIG"
    install -d -m 0700 "$CONFIG/credentials"
    install -d -m 0700 -o "$ACCOUNT" -g "$ACCOUNT" "$DATA"
    if [ -e "$here/allowed_signers" ] && [ ! -e "$CONFIG/allowed_signers" ]; then
        install -m 0644 "$here/allowed_signers" "$CONFIG/allowed_signers"
    fi
}

lead_current() { # In one step: a link is never absent.
    ln -sfn "releases/$version" "$ROOT/current.new"
    mv -T "$ROOT/current.new" "$ROOT/current"
    sync -f "$ROOT"
}

current() {
    basename "$(readlink "$ROOT/current" 2>/dev/null)"
}

go_over() { # To this release: with proof and a way back where a front desk is at work, else at once.
    if [ "$(current)" = "$version" ]; then
        "$ROOT/current/bin/frontdesk" release place
    elif systemd_runs && systemctl --quiet is-active frontdesk.service; then
        "$ROOT/current/bin/frontdesk" release switch "$version"
    else
        lead_current
        "$ROOT/current/bin/frontdesk" release place
    fi
    [ -n "${packaged:-}" ] || ln -sfn "$ROOT/current/bin/frontdesk" "$COMMAND"
}

placed_units() { # Those that can be enabled; templates are started by others.
    find "$ROOT/current/system/usr/lib/systemd/system" -maxdepth 1 -type f ! -name '*@.*' 2>/dev/null |
        while read -r unit; do
            if grep -q '^\[Install\]' "$unit"; then basename "$unit"; fi
        done
}

set_up_units() {
    command -v systemctl >/dev/null || return 0
    for unit in $(placed_units); do # once: whoever disables one later has a reason
        grep -qxF "$unit" "$ROOT/preset" 2>/dev/null || {
            systemctl --quiet preset "$unit"
            echo "$unit" >>"$ROOT/preset"
        }
    done
    [ -z "${kiosk:-}" ] || systemctl --quiet enable frontdesk-kiosk.service
    systemd_runs || return 0
    [ ! -e /usr/lib/tmpfiles.d/frontdesk.conf ] || systemd-tmpfiles --create frontdesk.conf
    udevadm control --reload
    systemctl daemon-reload
    [ -e "$CONFIG/frontdesk.toml" ] || return 0
    for unit in $(placed_units); do
        if systemctl --quiet is-enabled "$unit"; then systemctl start "$unit"; fi
    done
}

tell_what_is_next() {
    if [ -e "$CONFIG/frontdesk.toml" ]; then
        say "release $(current) is installed"
    else
        say "release $(current) is installed. Next: sudo frontdesk setup"
    fi
}

# --- away

uninstall() {
    if [ -x "$ROOT/current/bin/frontdesk" ]; then
        if command -v systemctl >/dev/null; then
            ! systemd_runs || systemctl stop 'frontdesk*'
            for unit in $(placed_units); do systemctl --quiet disable "$unit"; done
        fi
        "$ROOT/current/bin/frontdesk" release displace
        ! systemd_runs || systemctl daemon-reload
    fi
    rm -rf "$ROOT/releases" "$ROOT/building" "$ROOT/incoming" "$ROOT/current" "$ROOT/preset" \
        "$ROOT/switch.json" "$ROOT/switch.lock" "$ROOT/frontdesk.log"
    [ ! -L "$COMMAND" ] || rm "$COMMAND"
    rmdir "$ROOT" 2>/dev/null || say "$ROOT holds something of somebody else, and stays"
    if [ -n "${purge:-}" ]; then
        rm -rf "$DATA" "$CONFIG"
        say "removed, with configuration and data"
    else
        say "removed; configuration ($CONFIG) and data ($DATA) stay. --uninstall --purge erases them"
    fi
}

# --- what is asked for

action=install
for word in "$@"; do
    case $word in
    --kiosk) kiosk=yes ;;
    --stage) action=stage ;;
    --units) action=units ;;
    --without-packages) packaged=yes ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    *) fail "usage: ./install.sh [--kiosk] | --uninstall [--purge]" ;;
    esac
done
[ "$action" = uninstall ] || [ -z "${purge:-}" ] || fail "--purge goes with --uninstall; nothing was changed"
[ "$(id -u)" -eq 0 ] || fail "must be run as root: sudo $0 $*"

if [ "$action" = uninstall ]; then
    uninstall
    exit 0
fi
if [ "$action" = units ]; then
    set_up_units
    exit 0
fi
check_release
check_machine
if [ -z "${packaged:-}" ]; then
    # xwayland: cage of Bookworm does not start without it, and does not say so to apt.
    # shellcheck disable=SC2086
    install_packages ${kiosk:+cage chromium seatd wlr-randr xwayland}
    check_machine
fi
stage
tell_without_pins
[ "$action" = stage ] && exit 0
make_account
make_folders
go_over
set_up_units
tell_what_is_next
