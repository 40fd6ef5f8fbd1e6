/* display.c - the rows above the prompt, and the prompt with what is typed */
#include "mtchat/display.h"

#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

#include "mtchat/outlet.h"
#include "mtchat/slice.h"

#define SCROLL_MODE "horizontal-scroll-mode"

enum {
	ROWS_KEPT_FREE = 2,     /* of the terminal, for what is typed */
	ASKING_SIZE_MAX = 2048, /* of a prompt with a question behind it: more is no row */
};

static struct display {
	struct area area;
	size_t drawn;         /* so many rows of the area, the last ones, are on the terminal */
	const char *question; /* NULL: none */
	int lines, columns;   /* of the terminal, when it was last drawn */
	bool sliced;          /* one row of what is typed is shown */
	bool always_sliced;   /* the user wants that */
	bool asked;           /* readline's question was drawn last, in the place of the prompt */
	size_t cursor_column; /* if it is sliced */
} display;

struct area *display_area(void)
{
	return &display.area;
}

size_t display_columns(void)
{
	int lines, columns;

	rl_get_screen_size(&lines, &columns);
	return columns > 0 ? (size_t)columns : 1;
}

bool display_climbs(void)
{
	return rl_get_termcap("up") != NULL;
}

void display_ask(const char *question)
{
	display.question = question;
}

/* Is readline's own question in the place of the prompt?  It keeps the prompt aside meanwhile. */
static bool readline_asks(void)
{
	return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG) != 0;
}

static const char *wanted_prompt(void)
{
	static char both[ASKING_SIZE_MAX];
	const char *prompt = display.area.prompt ? display.area.prompt : "";
	size_t columns = display_columns();

	if (!display.question)
		return prompt;
	if (snprintf(both, sizeof(both), "%s%s", prompt, display.question) < (int)sizeof(both) &&
	    columns > 1 && area_text_rows(both, columns - 1) == 1) /* and a column for the cursor */
		return both;
	return display.question;
}

static bool is_stale(void)
{
	return !readline_asks() && (!rl_prompt || strcmp(rl_prompt, wanted_prompt()) != 0);
}

/* How many rows of the terminal our rows take at its present width. */
static size_t physical_rows(void)
{
	const struct area *area = &display.area;
	size_t rows = 0;

	for (size_t i = area->rows_count - display.drawn; i < area->rows_count; i++)
		rows += area_text_rows(area->rows[i], display_columns());
	return rows;
}

/*
 * What is taller than the terminal would leave its upper rows in the scrollback, once more with
 * each line that comes.  Where the cursor cannot move up, more than one row is too tall.
 */
static bool is_tall(void)
{
	size_t columns = display_columns();
	struct spot spot = {0};

	spot_move(&spot, columns, rl_display_prompt, strlen(rl_display_prompt));
	spot_move(&spot, columns, rl_line_buffer, (size_t)rl_end);
	if (!display_climbs())
		return spot.row > 0 || spot.column + 1 >= columns;
	if (spot.column == columns)
		spot.row++; /* the cursor's */
	return spot.row + 1 + physical_rows() > (size_t)display.lines;
}

/* readline would climb, and go back, by the columns that it counts: over what others said. */
static bool is_doubtful(void)
{
	return !area_is_sure(rl_display_prompt, strlen(rl_display_prompt)) ||
	       !area_is_sure(rl_line_buffer, (size_t)rl_end);
}

/* readline is told that its row is empty: so it leaves it to us. */
static void draw_slice(void)
{
	const char *clear = rl_get_termcap("ce");
	struct slice slice = {
		.prompt = rl_display_prompt,
		.line = rl_line_buffer,
		.size = (size_t)rl_end,
		.point = (size_t)rl_point,
		.columns = display_columns(),
	};
	size_t width;

	putc('\r', rl_outstream);
	width = slice_write(&slice, false, rl_outstream);
	if (clear && *clear)
		outlet_control("ce");
	else if (width < slice.columns)
		fprintf(rl_outstream, "%*s", (int)(slice.columns - 1 - width), "");
	putc('\r', rl_outstream);
	display.cursor_column = slice_write(&slice, true, rl_outstream);
	rl_on_new_line();
}

static void redisplay(void)
{
	bool sliced = display.always_sliced || is_tall() || is_doubtful();
	bool asks = readline_asks();

	/* Of its question readline 8.2 leaves pieces in an entry of several lines, and where the
	 * prompt is styled: what comes behind that is drawn anew. */
	if (sliced != display.sliced || (display.asked && !asks)) {
		rl_clear_visible_line();
		rl_on_new_line();
	}
	display.sliced = sliced;
	display.asked = asks;
	if (sliced)
		draw_slice();
	else
		rl_redisplay();
}

void display_init(void)
{
	display = (struct display){0};
	rl_get_screen_size(&display.lines, &display.columns);
	display.always_sliced = strcmp(rl_variable_value(SCROLL_MODE), "on") == 0;
	rl_variable_bind(SCROLL_MODE, "off");
	rl_redisplay_function = redisplay;
}

void display_done(void)
{
	area_done(&display.area);
	rl_variable_bind(SCROLL_MODE, display.always_sliced ? "on" : "off");
	rl_redisplay_function = rl_redisplay;
}

void display_leave_line(void)
{
	if (!display.sliced)
		return; /* readline does it */
	putc('\n', rl_outstream);
	rl_on_new_line();
}

static void climb(size_t rows)
{
	for (; rows > 0; rows--) {
		outlet_control("up");
		outlet_control("ce");
	}
	display.drawn = 0;
}

void display_erase(void)
{
	rl_clear_visible_line();
	climb(physical_rows());
}

static void draw_rows(void)
{
	const struct area *area = &display.area;
	size_t room = display.lines > ROWS_KEPT_FREE ? (size_t)display.lines - ROWS_KEPT_FREE : 0;

	display.drawn = 0;
	if (!display_climbs())
		return;
	while (display.drawn < area->rows_count) {
		size_t rows = area_text_rows(area->rows[area->rows_count - display.drawn - 1],
					     display_columns());

		if (rows > room)
			break;
		room -= rows;
		display.drawn++;
	}
	for (size_t i = area->rows_count - display.drawn; i < area->rows_count; i++)
		fprintf(rl_outstream, "%s\n", area->rows[i]);
}

void display_draw(void)
{
	rl_get_screen_size(&display.lines, &display.columns);
	draw_rows();
	display_forget_line();
	redisplay();
}

void display_forget_line(void)
{
	rl_on_new_line();
	if (is_stale())
		rl_set_prompt(wanted_prompt());
}

void display_catch_up(void)
{
	if (is_stale()) {
		display_erase();
		display_draw();
	} else if (display.asked && !readline_asks()) {
		redisplay();
	}
}

void display_clear_screen(void)
{
	display.drawn = 0;
	outlet_control("cl");
	display_draw();
}

void display_begin_anew(void)
{
	display.drawn = 0;
	rl_reset_screen_size();
	if (!readline_asks())
		rl_set_prompt(wanted_prompt()); /* its rows are counted anew */
	display_draw();
}

/* How many rows readline's part takes above the cursor, if the terminal has wrapped it. */
static size_t rows_above_cursor(size_t columns)
{
	struct spot spot = {0};

	if (display.sliced)
		return display.cursor_column / columns;
	spot_move(&spot, columns, rl_display_prompt, strlen(rl_display_prompt));
	spot_move(&spot, columns, rl_line_buffer, (size_t)rl_point);
	return spot.row + (spot.column == columns ? 1 : 0);
}

/* readline does not know how; who clears a line in the standard's way does this so as well. */
static void clear_below(void)
{
	const char *line = rl_get_termcap("ce");

	if (line && strncmp(line, "\033[K", 3) == 0)
		fputs("\033[J", rl_outstream);
}

void display_resize(void)
{
	int lines = display.lines, columns = display.columns;

	if (!display_climbs()) {
		rl_resize_terminal();
		return;
	}
	rl_reset_screen_size();
	rl_get_screen_size(&display.lines, &display.columns);
	if (display.lines == lines && display.columns == columns)
		return;
	putc('\r', rl_outstream);
	outlet_control("ce");
	climb(rows_above_cursor(display_columns()) + physical_rows());
	clear_below();
	display_begin_anew();
}
