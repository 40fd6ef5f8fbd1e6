/* i18n.h - messages in the user's language: gettext, which is in the C library */
#pragma once

#include <libintl.h>

/* What xgettext looks for; N_: where no function can be called, it is translated later. */
#define _(text)  gettext(text) /* NOLINT(bugprone-reserved-identifier): everybody's name for it */
#define N_(text) (text)        /* NOLINT(readability-identifier-naming): likewise */
