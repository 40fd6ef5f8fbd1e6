#!/bin/bash
# nats-wildcard-interest - who listens to a wildcard gets nothing of a JetStream push consumer
#
# In NATS a subscription to in.* hears what is published on in.a.  A push consumer publishes on its
# deliver subject, but looks first whether somebody is interested, and a wildcard does not count for
# that: nothing is delivered to in.a, without an error, until somebody subscribes to in.a to the letter.
# So one subscription for the deliver subjects of many consumers works in core NATS only.
# shellcheck source-path=SCRIPTDIR source=nats.bash
. "$(dirname "$0")/nats.bash"

unpack bookworm nats-server=2.9.10-1+b3
unpack trixie nats-server=2.10.27-1+b2

heard() { # SUITE
	with_nats "$1" <<'END'
nats.ask("$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})
nats.ask("s", "kept")
nats.subscribe("in.*", 1)
nats.publish("in.a", "core")
core = [body for _, _, body in nats.wait(1, 1, 10)]
nats.ask("$JS.API.CONSUMER.CREATE.S", {"stream_name": "S", "config": {
    "deliver_subject": "in.a", "deliver_policy": "all", "ack_policy": "none"}})
wildcard = [body for _, _, body in nats.wait(1, 2, 3)]
nats.subscribe("in.a", 2)
literal = [body for _, _, body in nats.wait(2, 1, 10)]
print(core, wildcard, literal)
END
}

for suite in bookworm trixie; do
	expect "nats-server of $suite: core, wildcard, literal" "['core'] ['core'] ['\"kept\"']" \
		"$(heard "$suite")"
done
