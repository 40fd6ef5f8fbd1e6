/*
 * tally.h - how many bytes the kernel says that a socket has given and taken
 *
 * A process that dies between a call and the store of its count leaves a record that is short.
 * The kernel's own count is not.  TCP: from TCP_INFO and the two queues' lengths, read between
 * two looks at TCP_INFO that agree:
 *
 *	consumed = bytes_received - (peer sent FIN) - SIOCINQ		all recv() ever returned
 *	accepted = bytes_acked + SIOCOUTQ - (we sent FIN)		all send() ever took
 *
 * (not bytes_sent: that counts what a local drop makes the kernel send again.)
 *
 * A Unix socket counts nothing that was sent.  What was received: each recv() lowers
 * SO_PEEK_OFF, which nobody else uses here, so it is set high, and read back modulo TALLY_CYCLE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TALLY_CYCLE (UINT64_C(1) << 29)

struct tally {
	uint64_t consumed;
	uint64_t accepted; /* TCP only: 0 for a Unix socket */
	bool talks;        /* neither side has hung up for good, and we sent no FIN */
	bool dead; /* TCP only.  Reset: nothing can be sent; `consumed` may count a FIN as a byte */
};

/* A new connection, nothing received yet.  family: AF_INET, AF_INET6, AF_UNIX. */
void tally_begin(int fd, int family);

/*
 * After each recv() that returned n > 0 bytes, `received` with them: a Unix socket's count is
 * set back before it runs out.  Costs nothing but a comparison, once in 512 MiB a call.
 * n is less than TALLY_CYCLE.
 */
void tally_received(int fd, int family, uint64_t received, uint64_t n);

/*
 * Before the first recv() of a new process.  received: what is recorded (TCP does not need it); the
 * kernel's count is that or more, by less than TALLY_CYCLE.
 * A peer that never pauses is made to, by a filter that drops what it sends for some microseconds.
 * 0; -ENODATA: a Unix socket whose count was never begun, so nothing was received; -EAGAIN: the
 * looks did not agree (not seen but in the test that forces it); or another -errno.
 */
int tally_take(struct tally *ret, int fd, int family, uint64_t received);

/* Was it reset?  A process that was told so and died leaves a socket that reads like a closed one.
 */
bool tally_is_dead(int fd, int family);
