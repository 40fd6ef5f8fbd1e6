/*
 * recall.h - what was typed before, for the up key: readline's history, and the file behind it
 */
#pragma once

/* Takes over readline's history; reads the file.  path: "" or NULL: none; it must last. */
void recall_open(const char *path);

/* A line was typed, and readline has ended it: within a line, its up key would lose its place. */
void recall_add(const char *line);

/* Writes the file if anything was typed that is to be kept.  Logs. */
void recall_close(void);
