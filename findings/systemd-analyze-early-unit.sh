#!/bin/bash
# systemd-analyze-early-unit - DefaultDependencies=no makes a unit look less protected than it is
#
# "systemd-analyze security" leaves ProtectSystem=, ProtectHome=, PrivateTmp= and RootDirectory= out of its count for a
# unit with DefaultDependencies=no: "Service runs in special boot phase, option is not appropriate".  But
# the setting says nothing about when the unit runs, and the options are in force as before.  A service
# that writes its dependencies out, to outlive a soft-reboot, say, gets a worse figure, and a check
# that holds the figure fails, although the sandbox is the same.
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "$0")/debian.bash"

unpack bookworm 'systemd=252.*' 'libsystemd-shared=252.*' 'libsystemd0=252.*' \
	'libc6=2.36-9+deb12u*'

analyze() { # UNIT
	within bookworm "$here/bookworm/usr/bin/systemd-analyze" security --offline=true --no-pager \
		"$here/$1.service"
}

overall() {
	analyze "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}

cat >"$here/usual.service" <<'END'
[Service]
ExecStart=/bin/true
DynamicUser=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
END
{
	cat "$here/usual.service"
	cat <<'END'
[Unit]
DefaultDependencies=no
Requires=sysinit.target
After=sysinit.target basic.target
Conflicts=shutdown.target
Before=shutdown.target
END
} >"$here/written-out.service"

expect 'systemd 252, exposure with DefaultDependencies=yes' 8.3 "$(overall usual)"
expect '... with =no and the same dependencies written out' 8.7 "$(overall written-out)"
expect '... options that are not counted' 4 \
	"$(analyze written-out | grep -c 'special boot phase, option is not appropriate')"
