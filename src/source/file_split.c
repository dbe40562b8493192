/*
 * Finds the alerts in a file by walking its JSON as a stream of brackets,
 * strings and words. Called by file.c. It is lenient where a parser is strict
 * (commas are blanks here): a spoilt neighbour must not hide an alert, and
 * each item is judged by the normalizer anyway. What is no alert is opened and
 * searched; what is one is handed out whole.
 *
 * An object has to fit the window before it can be judged. A larger one is
 * either an alert nobody could read, or a wrapper, told by the names it begins
 * with.
 */
#include "source/file_split_priv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/file_text_priv.h"
#include "source/shape_priv.h"
#include "source/slice_priv.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* Bytes looked at before others get a turn. */
#define WORK_MAX ((size_t)8 << 20)
/* Wrappers are shallow: recorded traffic needs five levels. */
#define LEVELS_MAX 32

/* Goes on: not an answer, so outside of enum split. */
#define SPLIT_NONE ((enum split) - 1)

#define TOO_DEEP "brackets nested too deeply to be searched for alerts"
#define MISMATCH "brackets that do not match"
#define NO_ALERT "no alert of a known shape"

struct level {
	bool is_array;
	bool is_list; /* an array called value or data, or at the top */
	bool has_alerts; /* as its own elements */
	size_t n_elements, n_strays;
	size_t found_before;
	uint64_t start;
	struct strbuf stray; /* the beginning of the first one */
};

struct file_split {
	struct file_window window;
	enum { MODE_START, MODE_JSON, MODE_TEXT, MODE_DEAD } mode;

	struct level levels[LEVELS_MAX];
	size_t depth;
	size_t found; /* alerts so far, readable or not */
	size_t work;
	bool is_list_key; /* the last string was "value": or "data": */
	bool by_lines; /* JSON lines were seen */
	bool top_is_line; /* the last value at the top has no line break */

	/* The value at the top that is open, or was just closed. */
	uint64_t top_start;
	size_t top_found_before;
	bool top_closed, top_is_empty_list;
	const char *top_fault;
	struct strbuf top_head; /* its beginning, once out of the window */

	struct slice_skip skip; /* over a value too large or too deep */

	struct file_text text; /* MODE_TEXT */
};

struct file_split *file_split_new(void)
{
	struct file_split *s = xcalloc(1, sizeof(*s));

	file_window_init(&s->window);
	file_text_init(&s->text);
	strbuf_init(&s->top_head);
	for (size_t i = 0; i < LEVELS_MAX; i++)
		strbuf_init(&s->levels[i].stray);
	return s;
}

struct file_split *file_split_free(struct file_split *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < LEVELS_MAX; i++)
		strbuf_release(&s->levels[i].stray);
	strbuf_release(&s->top_head);
	file_text_release(&s->text);
	file_window_release(&s->window);
	free(s);
	return NULL;
}

void file_split_free_ptr(struct file_split **s)
{
	*s = file_split_free(*s);
}

/* The value at the top may prove to hold no alert: keep its beginning. */
static void keep_head(struct file_split *s)
{
	struct span more =
		file_window_since(&s->window, s->top_start + s->top_head.len);

	if (s->top_head.len < SLICE_CLIP)
		strbuf_add(&s->top_head, more.p,
			   MIN(more.len, SLICE_CLIP - s->top_head.len));
}

char *file_split_room(struct file_split *s, size_t *ret_room)
{
	if (s->depth > 0)
		keep_head(s);
	return file_window_room(&s->window, ret_room);
}

void file_split_fed(struct file_split *s, size_t n)
{
	file_window_fed(&s->window, n);
}

static char byte_at(const struct file_split *s)
{
	return s->window.buf[s->window.pos];
}

/* Where in the file @p of the window is. */
static uint64_t offset_of(const struct file_split *s, const char *p)
{
	return s->window.base + (uint64_t)(p - s->window.buf);
}

/* Everything before @p is dealt with. */
static void move_to(struct file_split *s, const char *p)
{
	s->work += (size_t)(p - s->window.buf) - s->window.pos;
	s->window.pos = (size_t)(p - s->window.buf);
}

static struct level *parent(struct file_split *s)
{
	return s->depth > 0 ? &s->levels[s->depth - 1] : NULL;
}

static void close_top(struct file_split *s)
{
	s->top_closed = s->depth == 0;
}

/* A value begins here. */
static void note_element(struct file_split *s)
{
	struct level *up = parent(s);

	if (up) {
		up->n_elements++;
		return;
	}
	s->top_start = offset_of(s, s->window.buf + s->window.pos);
	s->top_found_before = s->found;
	s->top_fault = NULL;
	s->top_is_empty_list = false;
	strbuf_reset(&s->top_head);
}

/* The value from @start to here held no alert. */
static void note_stray(struct file_split *s, uint64_t start)
{
	struct level *up = parent(s);
	struct span raw = file_window_since(&s->window, start);

	if (!up || !up->is_array)
		return;
	if (up->n_strays++ == 0)
		strbuf_add(&up->stray, raw.p, raw.len);
}

static void note_alert(struct file_split *s)
{
	struct level *up = parent(s);

	s->found++;
	if (up && up->is_array)
		up->has_alerts = true;
}

/* Over the container or string that begins here, without keeping it. */
static void skip_value(struct file_split *s)
{
	slice_skip_begin(&s->skip, byte_at(s));
	s->window.pos++;
}

static enum split skip_on(struct file_split *s)
{
	struct span all = file_window_rest(&s->window);

	move_to(s, slice_skip_on(&s->skip, all.p, all.p + all.len));
	if (!slice_skip_is_busy(&s->skip)) {
		close_top(s);
		return SPLIT_NONE;
	}
	return s->window.eof ? SPLIT_CUT : SPLIT_MORE;
}

/* Into the container that begins here. */
static void descend(struct file_split *s)
{
	bool is_array = byte_at(s) == '[';
	struct level *l;

	if (s->depth == LEVELS_MAX) {
		s->top_fault = TOO_DEEP;
		skip_value(s);
		return;
	}
	l = &s->levels[s->depth];
	l->is_array = is_array;
	l->is_list = is_array && (s->depth == 0 || s->is_list_key);
	l->has_alerts = false;
	l->n_elements = 0;
	l->n_strays = 0;
	l->found_before = s->found;
	l->start = offset_of(s, s->window.buf + s->window.pos);
	strbuf_reset(&l->stray);
	s->is_list_key = false;
	s->depth++;
	s->window.pos++;
}

static enum split bad(struct split_found *ret, struct span raw,
		      const char *reason)
{
	ret->raw = raw;
	snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
	return SPLIT_BAD;
}

/* An alert that is larger than any may be. */
static enum split refuse_large(struct file_split *s, struct split_found *ret)
{
	struct span raw = file_window_rest(&s->window);

	raw.len = MIN(raw.len, SLICE_CLIP);
	note_alert(s);
	skip_value(s);
	snprintf(ret->reason, sizeof(ret->reason),
		 "an alert of more than %zu MiB", SLICE_ITEM_MAX >> 20);
	ret->raw = raw;
	return SPLIT_BAD;
}

/* It is an item, and the alerts it was expanded with are items too. */
static enum split open_incident(struct file_split *s)
{
	size_t depth = s->depth;

	note_alert(s);
	descend(s);
	if (s->depth > depth)
		s->levels[depth].found_before = s->found - 1;
	return SPLIT_ITEM;
}

/* An object that is in the window as a whole. */
static enum split judge(struct file_split *s, struct span object,
			struct split_found *ret)
{
	enum shape shape;

	s->work += object.len;
	note_element(s);
	shape = shape_of(object);
	if (shape == SHAPE_NONE) {
		descend(s);
		return SPLIT_NONE;
	}
	if (object.len > SLICE_ITEM_MAX)
		return refuse_large(s, ret);
	ret->raw = object;
	if (shape == SHAPE_GRAPH_INCIDENT)
		return open_incident(s);
	s->top_is_line = !memchr(object.p, '\n', object.len);
	move_to(s, object.p + object.len);
	note_alert(s);
	close_top(s);
	return SPLIT_ITEM;
}

/* An object whose end is not in the window. */
static enum split judge_part(struct file_split *s, struct split_found *ret)
{
	struct span part = file_window_rest(&s->window);
	bool is_alert;

	s->work += part.len;
	if (file_window_can_wait(&s->window))
		return SPLIT_MORE;
	is_alert = shape_of(part) != SHAPE_NONE;
	if (is_alert && part.len <= SLICE_ITEM_MAX)
		return SPLIT_CUT;
	note_element(s);
	if (is_alert)
		return refuse_large(s, ret);
	descend(s);
	return SPLIT_NONE;
}

static enum split refuse_line(struct file_split *s, struct span line,
			      struct split_found *ret)
{
	note_element(s);
	s->found++;
	move_to(s, line.p + line.len);
	line.len = MIN(line.len, SLICE_CLIP);
	return bad(ret, line, "a line of JSON lines that is not valid JSON");
}

/* At the top it may be one line of JSON lines. */
static enum split on_object(struct file_split *s, struct split_found *ret)
{
	struct span all = file_window_rest(&s->window);
	const char *end = all.p + all.len;
	const char *newline = memchr(all.p, '\n', all.len);
	const char *after = all.p;
	struct span object;

	if (s->depth == 0 && newline &&
	    slice_value(&after, newline, &object) == SLICE_VALUE)
		return judge(s, object, ret);
	if (s->depth == 0 &&
	    slice_is_spoilt_line(all, s->by_lines,
				 file_window_can_wait(&s->window), &object))
		return refuse_line(s, object, ret);
	after = all.p;
	if (slice_value(&after, end, &object) != SLICE_VALUE)
		return judge_part(s, ret);
	return judge(s, object, ret);
}

/* "{\"id\": ...}": collectors keep the alert as text (Cribl's _raw). */
static bool take_text(struct file_split *s, struct span string,
		      struct split_found *ret)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct span inner;

	if (string.len < 4 || string.p[1] != '{')
		return false;
	text = jscan_string(string);
	if (!text)
		return false;
	inner = (struct span){ text, strlen(text) };
	if (shape_of(inner) == SHAPE_NONE)
		return false;
	ret->raw = file_window_keep(&s->window, inner);
	return true;
}

/* @after is behind the string's colon. */
static enum split on_name(struct file_split *s, struct span string,
			  const char *after)
{
	struct span name = { string.p + 1, string.len - 2 };

	s->is_list_key = span_eq_ci(name, "value") || span_eq_ci(name, "data");
	move_to(s, after);
	return SPLIT_NONE;
}

static enum split on_string(struct file_split *s, struct split_found *ret)
{
	struct span all = file_window_rest(&s->window);
	const char *end = all.p + all.len;
	const char *p = all.p;
	struct span string;

	if (slice_value(&p, end, &string) != SLICE_VALUE) {
		if (file_window_can_wait(&s->window))
			return SPLIT_MORE;
		note_element(s);
		skip_value(s);
		return SPLIT_NONE;
	}
	p = slice_blank(p, end);
	/* Is it a name? The colon decides. */
	if (p == end && file_window_can_wait(&s->window))
		return SPLIT_MORE;
	if (p < end && *p == ':' && s->depth > 0)
		return on_name(s, string, p + 1);
	s->is_list_key = false;
	note_element(s);
	move_to(s, string.p + string.len);
	close_top(s);
	if (take_text(s, string, ret)) {
		note_alert(s);
		return SPLIT_ITEM;
	}
	note_stray(s, offset_of(s, string.p));
	return SPLIT_NONE;
}

/* Where the next value may begin: rubbish hides none behind it. */
static const char *after_word(const char *p, const char *end)
{
	while (++p < end && !(*p && strchr("{}[]\",:\n", *p)))
		;
	return p;
}

/* A number, a word, or rubbish; at the top, the rest of its line. */
static enum split on_word(struct file_split *s)
{
	struct span all = file_window_rest(&s->window);
	const char *end = all.p + all.len;
	const char *line = memchr(all.p, '\n', all.len);
	const char *p = s->depth > 0 ? after_word(all.p, end)
			: line	     ? line
				     : end;

	if (p == end && file_window_can_wait(&s->window))
		return SPLIT_MORE;
	s->is_list_key = false;
	note_element(s);
	move_to(s, p);
	note_stray(s, offset_of(s, all.p));
	close_top(s);
	return SPLIT_NONE;
}

/* A closing bracket where nothing is open; those behind it go along. */
static enum split on_stray_close(struct file_split *s)
{
	struct span all = file_window_rest(&s->window);
	size_t n = 0;

	note_element(s);
	for (; n < all.len && all.p[n] && strchr("]}, \t\r\n", all.p[n]); n++)
		s->by_lines |= s->top_is_line && all.p[n] == '\n';
	move_to(s, all.p + n);
	s->top_fault = MISMATCH;
	close_top(s);
	return SPLIT_NONE;
}

static enum split on_close(struct file_split *s, struct split_found *ret)
{
	bool is_array = byte_at(s) == ']';
	struct level *l = parent(s);

	if (!l)
		return on_stray_close(s);
	s->window.pos++;
	s->depth--;
	s->is_list_key = false;
	if (l->is_array != is_array)
		s->top_fault = MISMATCH;
	if (l->is_list && l->n_elements == 0)
		s->top_is_empty_list = true;
	if (s->found == l->found_before)
		note_stray(s, l->start);
	close_top(s);
	if (!l->has_alerts || l->n_strays == 0)
		return SPLIT_NONE;
	snprintf(ret->reason, sizeof(ret->reason),
		 "%zu of %zu elements of a list are " NO_ALERT, l->n_strays,
		 l->n_elements);
	ret->raw = file_window_keep(&s->window, (struct span){ l->stray.buf,
							       l->stray.len });
	return SPLIT_BAD;
}

/* A value at the top is over: did it hold anything? */
static enum split end_top(struct file_split *s, struct split_found *ret)
{
	const char *fault = s->top_fault;
	struct span head;

	s->top_closed = false;
	if (!fault && s->found == s->top_found_before && !s->top_is_empty_list)
		fault = NO_ALERT;
	if (!fault)
		return SPLIT_NONE;
	keep_head(s);
	head = (struct span){ s->top_head.buf, s->top_head.len };
	return bad(ret, file_window_keep(&s->window, head), fault);
}

/* Blanks, commas and colons tell nothing here, nor does the mark of UTF-8 where
 * a file was put behind another: how many bytes of that are there. */
static size_t nothing_at(const char *p, const char *end)
{
	if (p < end && *p && strchr(" \t\r\n,:", *p))
		return 1;
	return end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool skip_between(struct file_split *s)
{
	struct span all = file_window_rest(&s->window);
	const char *end = all.p + all.len, *p = all.p;
	size_t n;

	for (; (n = nothing_at(p, end)) > 0; p += n)
		s->by_lines |= s->depth == 0 && s->top_is_line && *p == '\n';
	move_to(s, p);
	return p < end;
}

static enum split json_step(struct file_split *s, struct split_found *ret)
{
	if (s->top_closed)
		return end_top(s, ret);
	if (slice_skip_is_busy(&s->skip))
		return skip_on(s);
	if (!skip_between(s)) {
		if (!s->window.eof)
			return SPLIT_MORE;
		return s->depth > 0 ? SPLIT_CUT : SPLIT_END;
	}
	switch (byte_at(s)) {
	case '{':
		return on_object(s, ret);
	case '[':
		note_element(s);
		descend(s);
		return SPLIT_NONE;
	case '"':
		return on_string(s, ret);
	case '}':
	case ']':
		return on_close(s, ret);
	default:
		return on_word(s);
	}
}

/* The first bytes decide what kind of file it is. */
static enum split start_step(struct file_split *s, struct split_found *ret)
{
	const char *reason = NULL;
	bool is_table = false;

	switch (file_text_start(&s->window, &is_table, &reason)) {
	case FILE_UNKNOWN:
		return s->window.eof ? SPLIT_END : SPLIT_MORE;
	case FILE_JSON:
		s->mode = MODE_JSON;
		return SPLIT_NONE;
	case FILE_TEXT:
		file_text_open(&s->text, &s->window, is_table);
		s->mode = MODE_TEXT;
		return SPLIT_NONE;
	case FILE_FOREIGN:
		break;
	}
	s->mode = MODE_DEAD;
	ret->raw = file_window_rest(&s->window);
	ret->raw.len = MIN(ret->raw.len, SLICE_CLIP);
	return bad(ret, ret->raw, reason);
}

static enum split any_step(struct file_split *s, struct split_found *ret)
{
	enum split found;
	size_t from;

	switch (s->mode) {
	case MODE_START:
		return start_step(s, ret);
	case MODE_JSON:
		return json_step(s, ret);
	case MODE_TEXT:
		from = s->window.pos;
		found = file_text_next(&s->text, &s->window, ret);
		s->work += s->window.pos - from;
		return found;
	case MODE_DEAD:
		break;
	}
	s->window.pos = s->window.len;
	return s->window.eof ? SPLIT_END : SPLIT_MORE;
}

enum split file_split_next(struct file_split *s, struct split_found *ret)
{
	enum split found = SPLIT_NONE;

	while (found == SPLIT_NONE) {
		if (s->work > WORK_MAX) {
			s->work = 0;
			return SPLIT_PAUSE;
		}
		found = any_step(s, ret);
	}
	return found;
}
