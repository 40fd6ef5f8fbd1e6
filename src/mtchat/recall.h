/*
 * recall.h - what was typed before, for the up key: readline's history, and the file behind it
 */
#pragma once

/* Takes over readline's history; reads the file.  path: "" or NULL: none; it must last. */
void recall_open(const char *path);

/* A line was typed: it goes to the file at once, if it is to be kept; and readline has ended it:
 * within a line, its up key would lose its place. */
void recall_add(const char *line);

/* What the file did not take before is tried once more; and it is shortened.  Logs. */
void recall_close(void);
