/* config-show.h - mtchatd --check: is a configuration good, and what is in force? */
#pragma once

#include <stdbool.h>

/*
 * Reads it as a start does, and prints "PATH: ok"; verbose: before that the files in the order
 * they are read, and each setting as a file could have it, with where it is from.  Warns of what
 * the service might not be able to do, though we are.  0; -EINVAL: it has errors; -EIO: standard
 * output does not take it.  Logs.
 */
int config_show(const char *path, bool verbose);
