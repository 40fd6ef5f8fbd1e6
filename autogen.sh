#!/bin/sh
# autogen.sh - make configure and Makefile.in from their sources
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --warnings=all,error
