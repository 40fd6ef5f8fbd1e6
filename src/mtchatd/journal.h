/*
 * journal.h - the journal thread: a hung journald or terminal stops nobody
 *
 * log_write() of any thread puts a copy of its record into a bounded queue; one thread writes
 * them, to journald with all their fields if stderr is the journal ($JOURNAL_STREAM), else as
 * lines on stderr.  What does not fit, and what nobody takes (there is no journald for a while), is
 * counted, and told as soon as there is room, or with the next record that is taken.
 *
 * Of messages about clients, 20 of a kind pass within a second; what comes on top is counted,
 * and told in one record at the end of that second.
 */
#pragma once

struct journal;

/* Starts the thread and becomes the log's sink.  0, or -errno. */
int journal_start(struct journal **ret);

/*
 * Writes what is queued, for at most 1 s, ends the thread and gives the sink back to stderr.
 * A thread that hangs in a write is left behind with its memory (the process is about to
 * end), and what is logged from then on is lost: stderr would hang us too.  NULL is accepted.
 */
void journal_stop(struct journal *journal);
