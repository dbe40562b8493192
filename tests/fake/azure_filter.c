/*
 * The $filter of the fake Graph. Called by azure_graph.c; knows no alert but
 * what a filter can name. Anything it does not know is refused, as the service
 * does, so that a wrong filter of the program shows.
 */
#include "fake/azure_filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/azure_priv.h"
#include "util/xmalloc.h"

#define VALUE_SIZE 64
#define DEPTH_MAX 16

enum op { OP_AND, OP_OR, OP_EQ, OP_NE, OP_GE, OP_GT, OP_LE, OP_LT };

static const char *const op_words[] = {
	[OP_AND] = "and", [OP_OR] = "or", [OP_EQ] = "eq", [OP_NE] = "ne",
	[OP_GE] = "ge",	  [OP_GT] = "gt", [OP_LE] = "le", [OP_LT] = "lt",
};

enum field { SERVICE, STATUS, SEVERITY, CREATED, UPDATED };

static const char *const field_words[] = {
	[SERVICE] = "serviceSource",	  [STATUS] = "status",
	[SEVERITY] = "severity",	  [CREATED] = "createdDateTime",
	[UPDATED] = "lastUpdateDateTime",
};

struct azure_filter {
	enum op op;
	enum field field;
	char value[VALUE_SIZE];
	int64_t ticks;
	struct azure_filter *left, *right;
};

struct azure_filter *azure_filter_free(struct azure_filter *f)
{
	if (f) {
		azure_filter_free(f->left);
		azure_filter_free(f->right);
		free(f);
	}
	return NULL;
}

static void filter_unref(struct azure_filter **f)
{
	*f = azure_filter_free(*f);
}

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " ");
}

/* The index of the word that stands there, which is passed; -1 none. */
static int take_word(const char **at, const char *const *words, size_t n)
{
	size_t len = 0;

	skip_blanks(at);
	while (isalpha((unsigned char)(*at)[len]))
		len++;
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) == len &&
		    strncmp(words[i], *at, len) == 0) {
			*at += len;
			return (int)i;
		}
	}
	return -1;
}

static bool take_value(const char **at, struct azure_filter *f)
{
	bool is_time = f->field == CREATED || f->field == UPDATED;
	bool quoted;
	size_t len;

	skip_blanks(at);
	quoted = **at == '\'';
	*at += quoted;
	len = strcspn(*at, quoted ? "'" : " )");
	/* Words stand in quotes, times do not. */
	if (quoted == is_time || len == 0 || len >= VALUE_SIZE ||
	    (quoted && (*at)[len] != '\''))
		return false;
	memcpy(f->value, *at, len);
	f->value[len] = '\0';
	*at += len + quoted;
	return !is_time || azure_parse_ticks(f->value, &f->ticks);
}

static struct azure_filter *parse_any(const char **at, int depth);

static struct azure_filter *parse_one(const char **at, int depth)
{
	CLEANUP(filter_unref) struct azure_filter *f = NULL;
	int field, op;

	skip_blanks(at);
	if (**at == '(' && depth < DEPTH_MAX) {
		++*at;
		f = parse_any(at, depth + 1);
		skip_blanks(at);
		if (**at != ')')
			return NULL;
		++*at;
		return take(f);
	}
	field = take_word(at, field_words, ARRAY_SIZE(field_words));
	op = take_word(at, op_words, ARRAY_SIZE(op_words));
	if (field < 0 || op < OP_EQ)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->field = (enum field)field;
	f->op = (enum op)op;
	if (f->field < CREATED && op > OP_NE)
		return NULL;
	return take_value(at, f) ? take(f) : NULL;
}

static struct azure_filter *join(enum op op, struct azure_filter *left,
				 struct azure_filter *right)
{
	struct azure_filter *f;

	if (!left || !right) {
		azure_filter_free(left);
		azure_filter_free(right);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->op = op;
	f->left = left;
	f->right = right;
	return f;
}

static struct azure_filter *parse_all(const char **at, int depth)
{
	struct azure_filter *f = parse_one(at, depth);

	while (f) {
		const char *before = *at;

		if (take_word(at, &op_words[OP_AND], 1) < 0) {
			*at = before;
			break;
		}
		f = join(OP_AND, f, parse_one(at, depth));
	}
	return f;
}

static struct azure_filter *parse_any(const char **at, int depth)
{
	struct azure_filter *f = parse_all(at, depth);

	while (f) {
		const char *before = *at;

		if (take_word(at, &op_words[OP_OR], 1) < 0) {
			*at = before;
			break;
		}
		f = join(OP_OR, f, parse_all(at, depth));
	}
	return f;
}

struct azure_filter *azure_filter_new(const char *text)
{
	CLEANUP(filter_unref) struct azure_filter *f = parse_any(&text, 0);

	skip_blanks(&text);
	return f && !*text ? take(f) : NULL;
}

static bool compare(enum op op, int64_t order)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_GE:
		return order >= 0;
	case OP_GT:
		return order > 0;
	case OP_LE:
		return order <= 0;
	case OP_LT:
		return order < 0;
	case OP_AND:
	case OP_OR:
		break;
	}
	return false;
}

static int64_t order_of(const struct azure_filter *f,
			const struct azure_filter_item *item)
{
	switch (f->field) {
	case SERVICE:
		return strcasecmp(item->service, f->value);
	case STATUS:
		return strcasecmp(item->status, f->value);
	case SEVERITY:
		return strcasecmp(item->severity, f->value);
	case CREATED:
		return item->created_ticks - f->ticks;
	case UPDATED:
		return item->updated_ticks - f->ticks;
	}
	return 0;
}

bool azure_filter_matches(const struct azure_filter *f,
			  const struct azure_filter_item *item)
{
	if (!f)
		return true;
	if (f->op == OP_AND)
		return azure_filter_matches(f->left, item) &&
		       azure_filter_matches(f->right, item);
	if (f->op == OP_OR)
		return azure_filter_matches(f->left, item) ||
		       azure_filter_matches(f->right, item);
	return compare(f->op, order_of(f, item));
}
