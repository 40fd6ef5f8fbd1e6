#!/bin/bash
# gnutls-key-updates - GnuTLS ends a TLS 1.3 connection when KeyUpdates come thick
#
# RFC 8446 has no limit for KeyUpdate: either side may send one at any time.  GnuTLS 3.7.9 takes twenty
# of them at five a second, and answers twenty at once with the fatal alert internal_error (80); in the
# server's log stands "Too many handshake packets have been received", long after the handshake.  So
# keys must be renewed by the clock, not by the amount alone: a test, or a fast link that renews its keys
# every few megabytes, loses its connection with a peer that uses GnuTLS.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 \
	libgnutls-dane0=3.7.9-2+deb12u7 'libunbound8=1.17.1-*' libopts25=1:5.18.16-5 \
	libidn2-0=2.3.3-1+b1 libp11-kit0=0.24.1-2 'libtasn1-6=4.19.0-2*' libnettle8=3.8.1-2 \
	libhogweed6=3.8.1-2 libgmp10=2:6.2.1+dfsg1-1.1 libunistring2=1.0-2 libffi8=3.4.4-1 \
	libevent-2.1-7=2.1.12-stable-8 'libssl3=3.0.*' zlib1g=1:1.2.13.dfsg-1 libbrotli1=1.0.9-2+b6 \
	libzstd1=1.5.4+dfsg2-5 'libc6=2.36-9+deb12u*'

tool() {
	within bookworm "$here/bookworm/usr/bin/$1" "${@:2}"
}

printf 'cn = "localhost"\nexpiration_days = 30\n' >"$here/template"
tool certtool --generate-privkey --key-type ed25519 --outfile "$here/key" 2>/dev/null
tool certtool --generate-self-signed --load-privkey "$here/key" --template "$here/template" \
	--outfile "$here/certificate" 2>/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
loader=$(find "$here/bookworm" -name 'ld-linux*.so.*' | head -n 1)
"$loader" --library-path "$here/bookworm/usr/lib/$triplet:$here/bookworm/lib/$triplet" \
	"$here/bookworm/usr/bin/gnutls-serv" --echo --port "$port" --x509keyfile "$here/key" \
	--x509certfile "$here/certificate" >"$here/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$here"' EXIT
for _ in {1..200}; do
	! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	sleep 0.1
done

# Renews the client's key so often, then says hello: prints what comes back.
renew() { # COUNT SECONDS-BETWEEN
	local i
	{
		for ((i = 0; i < $1; i++)); do
			echo '^rekey1^'
			sleep "$2"
		done
		echo hello
		sleep 2
	} | { tool gnutls-cli --insecure --inline-commands --port "$port" 127.0.0.1 || true; } 2>&1 |
		grep -oE '^hello$|Received alert \[80\]' | head -n 1
}

expect 'GnuTLS 3.7.9, 20 KeyUpdates, five a second' hello "$(renew 20 0.2)"
expect 'GnuTLS 3.7.9, 20 KeyUpdates at once' 'Received alert [80]' "$(renew 20 0)"
expect 'its log' 1 "$(grep -c 'Too many handshake packets have been received' "$here/log")"
