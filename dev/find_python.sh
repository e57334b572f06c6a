#!/bin/sh
# Print the first Python that works and is new enough. A pyenv shim can exist and still fail, so
# each candidate is run, in every folder of PATH.
NAMES="python3 python3.13 python3.12 python3.14"
PROBE='
import sys
version = "%d.%d" % sys.version_info[:2]
try:
    import ensurepip, venv
    answer = "good " + sys._base_executable  # not an active .venv, which may have to go
except ImportError:
    answer = "bare " + version
print(answer if sys.version_info >= (3, 12) else "old " + version)
'
old=""
bare=""

try() {
    [ -f "$1" ] && [ -x "$1" ] || return 1
    answer=$("$1" -c "$PROBE" 2>/dev/null) || return 1
    case $answer in
        # The program behind the shim, which stays the same whatever .python-version says later.
        good*) echo "${answer#good }" ;;
        bare*) bare="${bare:-${answer#bare }}"; return 1 ;;
        *) old="${old:-$1 is ${answer#old }}"; return 1 ;;
    esac
}

for name in $NAMES; do
    saved=$IFS
    IFS=:
    for folder in $PATH; do
        IFS=$saved
        try "${folder:-.}/$name" && exit 0
    done
    IFS=$saved
done

for version in 3.13 3.12 3.14; do
    for python in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python3; do
        try "$python" && exit 0
    done
done

if command -v uv >/dev/null 2>&1; then
    uv python install --quiet 3.13 >&2 && try "$(uv python find --quiet --system 3.13)" && exit 0
fi

if [ -n "$bare" ]; then
    echo "Python $bare is here but cannot make environments: apt install python$bare-venv" >&2
else
    echo "Python 3.12 or newer is needed${old:+, and $old}:" \
        "install Python 3.13 (pyenv install 3.13, or uv)." >&2
fi
exit 1
