#!/bin/sh
# Make sure that there is a Chromium for the browser tests, from the system's own packages.
# Without the right to install one this says how to, and the browser tests are skipped; with CI=true that fails the run.

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "$ATRIUM_CHROMIUM" ] && [ -x "$ATRIUM_CHROMIUM" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        command -v chromium >/dev/null 2>&1 && exit 0
    fi
fi
echo "The browser tests are skipped: install Chromium first ('sudo apt-get install chromium'), or set ATRIUM_CHROMIUM to one." >&2
