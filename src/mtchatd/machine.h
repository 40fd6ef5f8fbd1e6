/* machine.h - what this machine grants us: processors and memory */
#pragma once

#include <stdint.h>

/* How many processors this process may run on, at least 1. */
int machine_processors(void);

/*
 * The memory that the control group of this process may use, in bytes (MemoryMax= of the unit);
 * 0: no limit, or none that can be read.  Limits of the groups above it are not looked at.
 *
 * The first path is /proc/self/cgroup, the second where control groups (version 2) are mounted;
 * tests give others.
 */
uint64_t machine_memory_max(const char *self_cgroup, const char *mount);
