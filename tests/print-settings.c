/* print-settings.c - prints the table of settings, so that tests can hold the manual against it */
#include <stdio.h>

#include "mtchatd/settings.h"

int main(void)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *setting = &settings[i];
		char allowed[SETTING_TEXT_MAX], standard[SETTING_TEXT_MAX];

		setting_allowed_text(setting, allowed);
		setting_default_text(setting, standard);
		printf("%s\t%s\t%s\t%s\t%s\t%s\n", setting->name, allowed, standard, setting->unit,
		       setting->live ? "reload" : "start", setting->about);
	}
	return 0;
}
