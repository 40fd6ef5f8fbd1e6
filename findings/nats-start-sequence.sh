#!/bin/bash
# nats-start-sequence - a JetStream consumer that starts behind the end gets what is older than asked
#
# DeliverByStartSequence with a sequence that the stream has not reached yet is no error, and the server
# does not wait for it: the next message comes, whatever its number is.  Asked for 15 of a stream that
# ends at 10, the consumer gets 11.  Who takes the start for a promise ("nothing below 15") and throws
# away what is older, or repeats what it had done up to 14, is wrong; it happens to a reader whose
# stream has lost its end in a power cut or came out of a backup.
# shellcheck source-path=SCRIPTDIR source=nats.bash
. "$(dirname "$0")/nats.bash"

unpack bookworm nats-server=2.9.10-1+b3
unpack trixie nats-server=2.10.27-1+b2

first_sequence() { # SUITE
	with_nats "$1" <<'END'
nats.ask("$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})
for number in range(1, 11):
    nats.ask("s", f"message {number}")
nats.subscribe("here", 1)
nats.ask("$JS.API.CONSUMER.CREATE.S", {"stream_name": "S", "config": {
    "deliver_subject": "here", "deliver_policy": "by_start_sequence", "opt_start_seq": 15,
    "ack_policy": "none"}})
nats.ask("s", "message 11")
subject, reply, body = nats.wait(1, 1, 10)[0]
print(reply.split(".")[5], body)
END
}

expect 'nats-server 2.9.10, first sequence, asked for 15' '11 "message 11"' "$(first_sequence bookworm)"
expect 'nats-server 2.10.27, first sequence, asked for 15' '11 "message 11"' "$(first_sequence trixie)"
