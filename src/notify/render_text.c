/*
 * The blocks of a message as plain text in 78 columns. Called by
 * render_mail.c. Knows nothing about alerts.
 *
 * tested with: test_render_mail
 */
#include "notify/render_priv.h"

#include <string.h>

#define COLUMNS 78
#define LABEL_WIDTH 13

/* Bytes of the code point at @p of valid text. */
static size_t point_len(const char *p)
{
	size_t n = 1;

	while (((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/*
 * How much of @p goes on a line of @room columns: up to the last blank that
 * fits; a word that is longer than a line is broken.
 */
static size_t fit(const char *p, size_t room)
{
	size_t bytes = 0;
	size_t blank = 0;

	for (size_t n = 0; p[bytes]; n++) {
		if (p[bytes] == ' ')
			blank = bytes;
		if (n == room)
			return blank ? blank : bytes;
		bytes += point_len(p + bytes);
	}
	return bytes;
}

/* @column columns of the first line are taken; others begin with @indent. */
static void add_wrapped(struct strbuf *out, const char *text, size_t column,
			size_t indent)
{
	while (*text) {
		size_t n = fit(text, COLUMNS - column);

		strbuf_add(out, text, n);
		strbuf_addch(out, '\n');
		text += n;
		text += strspn(text, " ");
		if (*text)
			strbuf_addf(out, "%*s", (int)indent, "");
		column = indent;
	}
}

static void add_labelled(struct strbuf *out, const struct block *b)
{
	strbuf_addf(out, "%-*s", LABEL_WIDTH, b->label);
	add_wrapped(out, b->text, LABEL_WIDTH, LABEL_WIDTH);
}

static void add_block(struct strbuf *out, const struct block *b)
{
	switch (b->kind) {
	case BLOCK_LEAD:
	case BLOCK_PARA:
	case BLOCK_HEAD:
	case BLOCK_FOOT:
		add_wrapped(out, b->text, 0, 0);
		break;
	case BLOCK_FACT:
	case BLOCK_COMMAND:
		add_labelled(out, b);
		break;
	case BLOCK_LINK:
		/* Never broken: half a link is none. */
		strbuf_addf(out, "%-*s%s\n", LABEL_WIDTH, b->label, b->text);
		break;
	case BLOCK_QUOTE:
		strbuf_addstr(out, "| ");
		add_wrapped(out, b->text, 2, 2);
		break;
	case BLOCK_ITEM:
		strbuf_addstr(out, "- ");
		add_wrapped(out, b->text, 2, 2);
		break;
	}
}

/* Blocks that stand together without an empty line between them. */
static int block_group(enum block_kind kind)
{
	switch (kind) {
	case BLOCK_LEAD:
		return 1;
	case BLOCK_PARA:
		return 2;
	case BLOCK_FACT:
	case BLOCK_COMMAND:
	case BLOCK_LINK:
		return 3;
	case BLOCK_HEAD:
		return 4;
	case BLOCK_QUOTE:
	case BLOCK_ITEM:
		return 5;
	case BLOCK_FOOT:
		return 6;
	}
	return 0;
}

static bool is_apart(enum block_kind before, enum block_kind kind)
{
	if (before == BLOCK_HEAD)
		return false;
	/* The first step follows the first line at once: a telephone shows
	 * two lines. */
	if (before == BLOCK_LEAD && kind == BLOCK_PARA)
		return false;
	return block_group(before) != block_group(kind) || kind == BLOCK_PARA;
}

void doc_add_text(const struct doc *d, struct strbuf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		if (i > 0 && is_apart(d->v[i - 1].kind, d->v[i].kind))
			strbuf_addch(out, '\n');
		/* "-- " and a newline is how mail programs know a signature. */
		if (d->v[i].kind == BLOCK_FOOT)
			strbuf_addstr(out, "-- \n");
		add_block(out, &d->v[i]);
	}
}
