#!/usr/bin/env bash
# Installs on a bare Debian, as root, what the clients of the drivers tier need; what is there stays as it is.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
missing=()
command -v tsql >/dev/null && command -v bsqldb >/dev/null || missing+=(freetds-bin)
command -v go >/dev/null || missing+=(golang-go)
command -v java >/dev/null && command -v javac >/dev/null || missing+=(default-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || missing+=(python3 python3-venv)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
# What the ODBC driver inside mssql-python loads (its page on PyPI).
libraries="$(ldconfig -p)"
grep -q 'libltdl\.so\.7' <<<"$libraries" || missing+=(libltdl7)
grep -q 'libkrb5\.so\.3' <<<"$libraries" || missing+=(libkrb5-3)
grep -q 'libgssapi_krb5\.so\.2' <<<"$libraries" || missing+=(libgssapi-krb5-2)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
