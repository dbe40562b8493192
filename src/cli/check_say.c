/*
 * A judgement as the lines that Nagios, Icinga and their kin read (Monitoring
 * Plugins Development Guidelines). Called by cmd_check.c and main(); pure.
 *
 * A | begins the numbers and a newline ends the line, so neither may come from
 * a stranger's text.
 */
#include "cli/check_priv.h"

#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Ends what some systems keep of a plugin's answer. */
#define TEXT_MAX 400
#define LINE_MAX_BYTES 1200

void check_items_release(struct check_items *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].text);
	}
	free(l->v);
	*l = (struct check_items){ 0 };
}

void check_items_add(struct check_items *l, const struct check_item *item)
{
	GROW(l->v, l->n + 1, l->n_alloc);
	l->v[l->n++] = *item;
}

static int weight(enum verdict_code code)
{
	static const int weights[] = { [CHECK_OK] = 0,
				       [CHECK_UNKNOWN] = 1,
				       [CHECK_WARNING] = 2,
				       [CHECK_CRITICAL] = 3 };

	return weights[code];
}

enum verdict_code check_items_worst(const struct check_items *l)
{
	enum verdict_code worst = CHECK_OK;

	for (size_t i = 0; i < l->n; i++)
		if (weight(l->v[i].code) > weight(worst))
			worst = l->v[i].code;
	return worst;
}

const char *check_word(enum verdict_code code)
{
	static const char *const words[] = { [CHECK_OK] = "OK",
					     [CHECK_WARNING] = "WARNING",
					     [CHECK_CRITICAL] = "CRITICAL",
					     [CHECK_UNKNOWN] = "UNKNOWN" };

	return words[code];
}

static void add_text(struct strbuf *out, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cut = STRBUF_INIT;

	escape_add(&safe, text, strlen(text), ESCAPE_LINE);
	escape_add_cut(&cut, safe.buf, TEXT_MAX);
	for (const char *p = cut.buf; *p; p++)
		strbuf_addch(out, *p == '|' ? '/' : *p);
}

/* The worst first, until the line is long enough. */
static void add_bad(const struct check_items *l, struct strbuf *out)
{
	static const enum verdict_code order[] = { CHECK_CRITICAL,
						   CHECK_WARNING,
						   CHECK_UNKNOWN };
	const char *between = "";

	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		for (size_t i = 0; i < l->n; i++) {
			if (l->v[i].code != order[k])
				continue;
			if (out->len > LINE_MAX_BYTES) {
				strbuf_addstr(out, "; and more");
				return;
			}
			strbuf_addstr(out, between);
			add_text(out, l->v[i].text);
			between = "; ";
		}
}

static void add_number(struct strbuf *out, enum check_unit unit, int64_t value)
{
	if (value < 0)
		return;
	if (unit == UNIT_TIME)
		strbuf_addf(out, "%lld.%03d", (long long)(value / 1000),
			    (int)(value % 1000));
	else
		strbuf_addf(out, "%lld", (long long)value);
}

/* 'poll-age azure'=14.000s;600.000;1200.000;0 */
static void add_numbers(struct strbuf *out, const struct check_item *item)
{
	static const char *const units[] = {
		[UNIT_COUNT] = "", [UNIT_TIME] = "s", [UNIT_BYTES] = "B"
	};

	strbuf_addch(out, '\'');
	for (const char *p = item->name; *p; p++)
		strbuf_addch(out, strchr("'=|\n", *p) ? '_' : *p);
	strbuf_addstr(out, "'=");
	if (item->is_unknown) {
		strbuf_addch(out, 'U');
	} else {
		add_number(out, item->unit, item->value);
		strbuf_addstr(out, units[item->unit]);
	}
	strbuf_addch(out, ';');
	add_number(out, item->unit, item->limits.warning);
	strbuf_addch(out, ';');
	add_number(out, item->unit, item->limits.critical);
	strbuf_addstr(out, ";0");
}

void check_say(const struct check_items *l, const char *summary,
	       struct strbuf *out)
{
	enum verdict_code worst = check_items_worst(l);
	const char *before = " | ";

	strbuf_addf(out, "TRIAGED %s - ", check_word(worst));
	if (worst == CHECK_OK)
		add_text(out, summary);
	else
		add_bad(l, out);
	for (size_t i = 0; i < l->n; i++) {
		if (!l->v[i].has_value)
			continue;
		strbuf_addstr(out, before);
		add_numbers(out, &l->v[i]);
		before = " ";
	}
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < l->n; i++) {
		strbuf_addf(out, "[%s] ", check_word(l->v[i].code));
		add_text(out, l->v[i].text);
		strbuf_addch(out, '\n');
	}
}

void check_say_unknown(const char *text, struct strbuf *out)
{
	strbuf_addstr(out, "TRIAGED UNKNOWN - ");
	add_text(out, text);
	strbuf_addch(out, '\n');
}
