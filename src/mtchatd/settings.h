/*
 * settings.h - the one table of all settings
 *
 * The parser, the checks, the defaults, the error texts and what a reload applies are all made
 * from it.  A setting is added in four places, and tests compare them:
 *
 *	1. a field of struct config (config.h),
 *	2. a row of settings[] (settings.c), with its default,
 *	3. a line in conf/mtchatd.conf, commented out, with the default and what it means,
 *	4. an .It in man/mtchatd.conf.5, with "Allowed:" and "Default:" as in print-settings,
 *	   and "Reload:".
 *
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchatd/config.h"

enum setting_type {
	SETTING_NUMBER,    /* an integer within min..max; field: int */
	SETTING_WORD,      /* one of a few words in quotes; field: int */
	SETTING_ADDRESSES, /* one string, or a list of strings; field: listen */
	SETTING_NETWORKS,  /* the same; field: proxy */
	SETTING_PATH,      /* a string; field: socket */
};

struct setting_word {
	const char *word; /* NULL ends the list */
	int value;
};

struct setting {
	const char *name;
	size_t offset, size;              /* of the field in struct config */
	const struct setting_word *words; /* SETTING_WORD */
	const char *standard_text;        /* the default of an address or path, for the manual */
	const char *unit;                 /* of a number; or "" */
	const char *about;                /* one line */
	enum setting_type type;
	int min, max;      /* SETTING_NUMBER */
	int standard;      /* the default of a number or word */
	bool power_of_two; /* SETTING_NUMBER: no other value will do */
	bool live;         /* a reload applies it */
};

enum { SETTING_COUNT = 18, SETTING_TEXT_MAX = 128 };

extern const struct setting settings[SETTING_COUNT];

/* The setting of that name (size bytes, any bytes), or NULL. */
const struct setting *setting_find(const char *name, size_t size);

/* The setting that was probably meant: at most two letters differ, case aside; or NULL. */
const struct setting *setting_nearest(const char *name, size_t size);

/* Whether a number is within the setting's range. */
bool setting_allows(const struct setting *setting, long long number);

/* The value of a word.  0, or -EINVAL if the setting has no such word. */
int setting_word_value(const struct setting *setting, const char *word, int *ret);

/* The int field of a SETTING_NUMBER or SETTING_WORD. */
int *setting_field(const struct setting *setting, struct config *config);

/* What is allowed, in words: "1 to 65535", "\"broadcast\" or \"echo\"". */
void setting_allowed_text(const struct setting *setting, char ret[SETTING_TEXT_MAX]);

/* Puts the default of each number and word into its field; the others are left alone. */
void settings_default(struct config *config);
