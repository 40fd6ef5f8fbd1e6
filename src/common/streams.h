/* streams.h - the descriptors 0 to 2 are what a program takes them for */
#pragma once

/*
 * Opens /dev/null for each of 0, 1 and 2 that is closed.  The first thing in main(): what is
 * opened before gets such a number, and is then read and written in place of the stream.
 * What a child inherits is the same.  Without a /dev/null the number is taken all the same, by
 * what can neither be read nor written.
 */
void streams_open(void);
