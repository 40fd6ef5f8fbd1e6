/* keys.c - keys that do something else here than in other programs with readline */
#include "mtchat/keys.h"

#include <stdlib.h>
#include <string.h>

#include "mtchat/display.h"
#include "mtchat/paste.h"
#include "mtchat/prompt.h"
#include "mtchat/tab.h"

enum { UPPER_HALF = 0x80 };

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

/* Whatever keys call `from`, by default or by the user's inputrc, call `to` (NULL: nothing). */
static void take_over(Keymap map, rl_command_func_t *from, rl_command_func_t *to)
{
	char **keys = rl_invoking_keyseqs_in_map(from, map);

	for (size_t i = 0; keys && keys[i]; i++) {
		rl_bind_keyseq_in_map(keys[i], to, map);
		free(keys[i]);
	}
	free(keys);
}

static void bind_in_map(Keymap map, rl_command_func_t *enter)
{
	/* They end a line by another way, or read what gives a key back to those that do. */
	rl_command_func_t *const others[] = {rl_operate_and_get_next, rl_insert_comment,
					     rl_vi_eof_maybe, rl_re_read_init_file};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		take_over(map, others[i], NULL);
	take_over(map, rl_newline, enter);
	rl_bind_key_in_map('\r', enter, map);
	rl_bind_key_in_map('\n', enter, map);
	rl_bind_key_in_map(CTRL('D'), rl_delete, map);
	rl_bind_key_in_map(CTRL('L'), clear_screen, map);
	rl_bind_keyseq_in_map("\033[200~", paste_begin, map);
}

static void take_bytes_as_text(void)
{
	rl_variable_bind("input-meta", "on");
	rl_variable_bind("output-meta", "on");
	rl_variable_bind("convert-meta", "off");
}

void keys_initialize(void)
{
	take_bytes_as_text();
	rl_initialize();
	take_bytes_as_text(); /* whatever the inputrc says */
}

/* `text` is what such a byte does in this map; NULL: nothing. */
static void free_upper_half(Keymap map, rl_command_func_t *text)
{
	for (int byte = 0; byte < KEYMAP_SIZE - 1; byte++) {
		if (byte >= UPPER_HALF)
			map[byte] = (KEYMAP_ENTRY){.type = ISFUNC, .function = text};
		else if (map[byte].type == ISKMAP && map[byte].function)
			free_upper_half((Keymap)map[byte].function, NULL);
	}
}

/* What the inputrc calls \M-x, which readline has put on the byte of x + 0x80, is ESC x here. */
static void move_meta(Keymap map, Keymap meta, rl_command_func_t *text)
{
	for (int byte = UPPER_HALF; byte < KEYMAP_SIZE - 1; byte++)
		if (map[byte].function && (map[byte].type != ISFUNC || map[byte].function != text))
			meta[byte - UPPER_HALF] = map[byte];
}

void keys_bind(rl_command_func_t *enter, const struct known *known)
{
	keys_known = known;
	move_meta(emacs_standard_keymap, emacs_meta_keymap, rl_insert);
	free_upper_half(emacs_standard_keymap, rl_insert);
	free_upper_half(vi_insertion_keymap, rl_insert);
	free_upper_half(vi_movement_keymap, NULL);
	rl_inhibit_completion = 1;
	rl_attempted_completion_function = complete_nothing;
	bind_in_map(emacs_standard_keymap, enter);
	bind_in_map(vi_insertion_keymap, enter);
	bind_in_map(vi_movement_keymap, enter);
	if (known) {
		rl_bind_key_in_map('\t', press_tab, emacs_standard_keymap);
		rl_bind_key_in_map('\t', press_tab, vi_insertion_keymap);
	}
}
