#!/usr/bin/env bash
# Put the pinned packages into .venv: "run" for the programs, "dev" for tests and style as well,
# "cluster" for what production has besides: another log-in, and Redis from Debian.
# Done once: a stamp names the requirements and the Python that the environment was made from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

readonly VENV=.venv
readonly BUSY=$VENV/.installing
readonly LOG_DIR=var/log

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

is_supported() {
    "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Print the interpreter to use: PYTHON if given, else the first suitable one on the path.
find_python() {
    local name
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON is not there."
        is_supported "$PYTHON" ||
            fail "$("$PYTHON" --version 2>&1) does not do; Python 3.11, 3.12 or 3.13 is needed."
        command -v "$PYTHON"
        return
    fi
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && is_supported "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed$(command -v python3 >/dev/null &&
        printf ', and this machine has %s' "$(python3 --version 2>&1)"). On Debian: apt-get install python3 python3-venv"
}

# Debian keeps the part of Python that makes environments in a package of its own.
need_venv_module() {
    local python=$1 package
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package=python3-venv
    if [ "$(basename "$python")" != python3 ]; then package=$(basename "$python")-venv; fi
    install_debian_package "$package" "Python's venv module is missing."
}

# Install package $1 if we may, else say with $2 what is missing.
install_debian_package() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "$2 Run: sudo apt-get install $1"
    fi
    say "installing the Debian package $1"
    mkdir -p "$LOG_DIR"
    {
        apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y "$1"
    } </dev/null >"$LOG_DIR/setup-apt.log" 2>&1 ||
        fail "apt-get could not install $1; see $LOG_DIR/setup-apt.log"
}

# One line that changes when the pins of $1, the Python or the place of the environment change.
fingerprint() {
    printf '%s %s %s\n' "$(sha256sum "$1" | cut -c1-64)" \
        "$("$VENV/bin/python" -c 'import sys; print(sys.version.split()[0])' 2>/dev/null || echo none)" "$PWD"
}

is_installed() {
    [ ! -e "$BUSY" ] && [ -e "$VENV/.$1.stamp" ] && [ "$(cat "$VENV/.$1.stamp")" = "$(fingerprint "$2")" ]
}

# Install file $2 and stamp it as part $1. The file is a complete lock, so pip need not resolve
# anything (--no-deps), and wheels only: a build would run code that no hash covers.
install_part() {
    local part=$1 file=$2 log=$LOG_DIR/setup-$1.log total
    total=$(grep -c '^[A-Za-z0-9].*==' "$file")
    say "installing about $total packages from $file, usually $3; details in $log"
    touch "$BUSY"
    "$VENV/bin/python" -m pip install --require-hashes --no-deps --only-binary :all: --no-compile \
        --no-input --disable-pip-version-check --progress-bar off -r "$file" </dev/null 2>&1 |
        tee "$log" |
        awk -v total="$total" '
            /^(Collecting|Processing) / && ++n % 40 == 0 { printf "setup:   %d of %d fetched\n", n, total; fflush() }
            /^Installing collected/ { print "setup:   unpacking"; fflush() }' ||
        fail "pip failed: $(grep -m1 -E '^ERROR' "$log" || tail -n1 "$log") (all of it in $log)"
    say "  compiling"
    # A handful of files in packages are not meant for this Python; they are never imported.
    "$VENV/bin/python" -m compileall -q -j 0 "$VENV"/lib/python*/site-packages >>"$log" 2>&1 || true
    fingerprint "$file" >"$VENV/.$part.stamp"
    rm -f "$BUSY"
}

main() {
    local wanted=${1:-run} python
    case $wanted in run | dev | cluster) ;; *) fail "usage: scripts/setup.sh [run|dev|cluster]" ;; esac
    mkdir -p "$LOG_DIR"
    if command -v flock >/dev/null; then
        exec 9>var/setup.lock # two set-ups at once would spoil each other's files
        flock 9
    fi
    if ! is_installed run requirements.txt; then
        python=$(find_python)
        need_venv_module "$python"
        say "making $VENV with $("$python" --version) ($python)"
        rm -rf "$VENV" # what a broken-off or older set-up left cannot be trusted
        "$python" -m venv "$VENV" || fail "could not make $VENV"
        # `python -m loyalty_desk` works from anywhere, as it does where Airflow has loaded plugins/.
        echo "$PWD/plugins" >"$("$VENV/bin/python" -c 'import site; print(site.getsitepackages()[0])')/loyalty_desk.pth"
        install_part run requirements.txt "1 to 2 minutes"
        "$VENV/bin/python" -m pip check >>"$LOG_DIR/setup-run.log" 2>&1 ||
            fail "the packages do not fit together; see $LOG_DIR/setup-run.log"
        say "done"
    fi
    if [ "$wanted" != run ] && ! is_installed dev requirements-dev.txt; then
        install_part dev requirements-dev.txt "half a minute"
        say "done"
    fi
    if [ "$wanted" = cluster ]; then
        if ! is_installed production requirements-production.txt; then
            install_part production requirements-production.txt "half a minute"
            say "done"
        fi
        command -v redis-server >/dev/null ||
            install_debian_package redis-server "redis-server is missing."
    fi
}

main "$@"
