/* print-settings.c - prints the table of settings, so that tests can hold the manual against it */
#include <stdio.h>

#include "mtchatd/settings.h"

static void print_default(const struct setting *setting)
{
	switch (setting->type) {
	case SETTING_NUMBER:
		printf("%d", setting->standard);
		break;
	case SETTING_WORD:
		for (const struct setting_word *word = setting->words; word->word; word++)
			if (word->value == setting->standard)
				printf("\"%s\"", word->word);
		break;
	case SETTING_ADDRESSES:
	case SETTING_NETWORKS:
	case SETTING_PATH:
		printf("%s", setting->standard_text);
		break;
	}
}

int main(void)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *setting = &settings[i];
		char allowed[SETTING_TEXT_MAX];

		setting_allowed_text(setting, allowed);
		printf("%s\t%s\t", setting->name, allowed);
		print_default(setting);
		printf("\t%s\t%s\t%s\n", setting->unit, setting->live ? "reload" : "start",
		       setting->about);
	}
	return 0;
}
