#!/bin/sh
# Make sure that there are nginx, Caddy and openssl for the tests behind a proxy, and ip for those that pull a cable.
# Only where CI asks for it: Debian's packages start servers of their own. Without them those tests are skipped.

[ "$CI" = true ] || exit 0
for program in nginx caddy openssl ip; do
    command -v "$program" >/dev/null 2>&1 || missing=yes
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing nginx, Caddy, openssl and iproute2 for the tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light caddy openssl iproute2 >/dev/null
fi
exit 0
