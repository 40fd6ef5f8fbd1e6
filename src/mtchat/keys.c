/* keys.c - keys that do something else here than in other programs with readline */
#include "mtchat/keys.h"

#include <stdlib.h>
#include <string.h>

#include "mtchat/display.h"
#include "mtchat/paste.h"
#include "mtchat/prompt.h"
#include "mtchat/tab.h"

static const struct known *keys_known; /* readline's callbacks have no argument of ours */

static int press_tab(int count, int key)
{
	char *lines = tab_press(keys_known, display_columns());

	(void)count, (void)key;
	if (lines)
		prompt_show(lines, strlen(lines), NULL);
	free(lines);
	return 0;
}

static int clear_screen(int count, int key)
{
	(void)count, (void)key;
	display_clear_screen();
	return 0;
}

/* Whatever asks for completions but our TAB: never the names of files. */
static char **complete_nothing(const char *text, int start, int end)
{
	(void)text, (void)start, (void)end;
	rl_attempted_completion_over = 1;
	return NULL;
}

void keys_bind(rl_command_func_t *enter, const struct known *known)
{
	const Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap,
			       NULL};

	keys_known = known;
	rl_inhibit_completion = 1;
	rl_attempted_completion_function = complete_nothing;
	for (size_t i = 0; maps[i]; i++) {
		rl_bind_key_in_map('\r', enter, maps[i]);
		rl_bind_key_in_map('\n', enter, maps[i]);
		rl_bind_key_in_map(CTRL('D'), rl_delete, maps[i]);
		rl_bind_key_in_map(CTRL('L'), clear_screen, maps[i]);
		rl_bind_keyseq_in_map("\033[200~", paste_begin, maps[i]);
		rl_unbind_function_in_map(rl_operate_and_get_next, maps[i]);
		rl_unbind_function_in_map(rl_insert_comment, maps[i]);
		if (known && maps[i] != vi_movement_keymap)
			rl_bind_key_in_map('\t', press_tab, maps[i]);
	}
	rl_unbind_function_in_map(rl_insert_comment, emacs_meta_keymap);
}
