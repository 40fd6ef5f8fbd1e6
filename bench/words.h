/* words.h - the command line of a load: --NAME VALUE for each row of a table */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One of `whole`, `real`, `choice` and `flag` is where the value goes. */
struct word {
	const char *name;
	int *whole;
	double *real;
	double least, most;         /* of a number */
	int *choice;                /* the place in `choices` */
	const char *const *choices; /* the last is NULL */
	bool *flag;                 /* has no value */
};

/*
 * Reads them all, or gives up with a sentence; --help prints the usage and ends the process well.
 * The last row has no name.
 */
void words_read(const struct word *table, const char *usage, int argc, char **argv);
