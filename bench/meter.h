/*
 * meter.h - what both loads count: how long things take, and what a server spends
 *
 * Used by one thread; whatever cannot be had ends the process with a sentence (give_up()).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* 64 steps for each power of two, so a figure is right within 2 %. */
enum { TIME_STEPS = 64, TIME_STEPS_LOG = 6, TIME_BUCKETS = (64 - TIME_STEPS_LOG + 1) * TIME_STEPS };

struct times {
	uint64_t buckets[TIME_BUCKETS];
	uint64_t longest; /* ns */
};

/* Tells why nothing can be measured, and ends the process with status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/* calloc() that gives up. */
void *allocate(uint64_t count, size_t size);

/* As many descriptors as this process may have; gives up if so many connections need more. */
void raise_limit(long connections);

/* So many things took so long. */
void times_add(struct times *times, uint64_t ns, uint64_t count);

uint64_t times_count(const struct times *times);

/* How long the fastest `share` of them took at most. */
double times_us(const struct times *times, double share);

/* Processor time of a process, user and kernel, of all threads, those that have ended too. */
uint64_t meter_cpu_ns(int pid);

/* A field of /proc/PID/status in KiB, as "VmRSS:". */
long meter_kb(int pid, const char *field);
