#!/bin/sh
# Make sure that there is a strace for the tests of failing disks and power loss, from the system's own packages.
# Without the right to install one those tests are skipped, each saying why.

command -v strace >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing strace for the fault tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends strace >/dev/null
fi
exit 0
