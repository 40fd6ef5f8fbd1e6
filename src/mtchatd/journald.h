/* journald.h - one record to journald, with all its fields */
#pragma once

#include "common/log.h"

/* Waits while journald's queue is full.  0, or -errno (-ENOENT: there is no journald). */
int journald_send(const struct log_record *record);
