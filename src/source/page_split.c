/*
 * Cuts a page into items and finds the link to the next one. Called by the
 * listing; knows neither alerts nor HTTP. Strict about the frame (a page that
 * is not what was promised proves nothing about absence) and blind to what is
 * inside the items.
 */
#include "source/page_split_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/slice_priv.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

/* A place in the body; the error texts name it. */
struct frame {
	struct page_split *split;
	const struct page_shape *shape;
	const char *body, *p, *end;
	bool has_value;
};

static int spoilt(const struct frame *f, const char *what, struct err *err)
{
	if (f->p >= f->end) {
		f->split->cut = true;
		return err_set(err, ERR_SCHEMA,
			       "the answer ends in the middle, at byte %zu",
			       (size_t)(f->end - f->body));
	}
	return err_set(err, ERR_SCHEMA, "%s at byte %zu of the answer", what,
		       (size_t)(f->p - f->body));
}

static bool is_at(struct frame *f, char c)
{
	f->p = slice_blank(f->p, f->end);
	return f->p < f->end && *f->p == c;
}

/* Over any value; a comma or bracket where a value belongs is refused. */
static int take_value(struct frame *f, struct span *ret, struct err *err)
{
	f->p = slice_blank(f->p, f->end);
	if (f->p < f->end && strchr(",:]}", *f->p))
		return spoilt(f, "no value", err);
	switch (slice_value(&f->p, f->end, ret)) {
	case SLICE_VALUE:
		return 0;
	case SLICE_END:
	case SLICE_CUT:
		break;
	}
	f->p = f->end;
	return spoilt(f, "", err);
}

/* Walk the value array once, so that a cut page is known before any item. */
static int take_items(struct frame *f, struct err *err)
{
	struct page_split *s = f->split;
	struct span item;
	int rc;

	if (f->has_value)
		return err_set(err, ERR_SCHEMA, "the answer has two lists");
	if (!is_at(f, '['))
		return err_set(err, ERR_SCHEMA,
			       "the answer's \"%s\" is not a list",
			       f->shape->items);
	f->has_value = true;
	f->p++;
	while (!is_at(f, ']')) {
		if (s->n_items > 0 && !is_at(f, ','))
			return spoilt(f, "no comma between items", err);
		f->p += s->n_items > 0;
		rc = take_value(f, &item, err);
		if (rc < 0)
			return rc;
		if (s->n_items == PAGE_SPLIT_ITEMS_MAX)
			return err_set(err, ERR_LIMIT,
				       "the answer has more than %d items",
				       PAGE_SPLIT_ITEMS_MAX);
		GROW(s->items, s->n_items + 1, s->n_alloc);
		s->items[s->n_items++] = item;
	}
	f->p++;
	return 0;
}

static int take_link(struct frame *f, struct err *err)
{
	struct span value;
	int rc;

	rc = take_value(f, &value, err);
	if (rc < 0)
		return rc;
	if (value.len == 4 && memcmp(value.p, "null", 4) == 0)
		return 0;
	if (value.len > PAGE_SPLIT_LINK_MAX)
		return err_set(err, ERR_LIMIT,
			       "the link to the next page has %zu bytes, more "
			       "than %d",
			       value.len, PAGE_SPLIT_LINK_MAX);
	free(f->split->next);
	f->split->next = jscan_string(value);
	if (!f->split->next)
		return err_set(err, ERR_SCHEMA,
			       "the link to the next page is not text");
	/* Old services end a listing with an empty link. */
	if (f->split->next[0] == '\0')
		free(take(f->split->next));
	return 0;
}

/* ARM, its management groups, and Graph each have a name for it. */
static bool is_link(struct span key)
{
	return span_eq_ci(key, "nextLink") || span_eq_ci(key, "@nextLink") ||
	       span_eq_ci(key, "@odata.nextLink");
}

static int take_member(struct frame *f, struct err *err)
{
	struct span key, value;
	int rc;

	if (!is_at(f, '"'))
		return spoilt(f, "no member name", err);
	rc = take_value(f, &key, err);
	if (rc < 0)
		return rc;
	if (!is_at(f, ':'))
		return spoilt(f, "no colon", err);
	f->p++;
	key = (struct span){ key.p + 1, key.len - 2 };
	if (span_eq_ci(key, f->shape->items))
		return take_items(f, err);
	if (!f->shape->member && is_link(key))
		return take_link(f, err);
	rc = take_value(f, &value, err);
	if (rc >= 0 && f->shape->member)
		f->shape->member(f->shape->arg, key, value);
	return rc;
}

static int take_members(struct frame *f, struct err *err)
{
	bool first = true;
	int rc;

	while (!is_at(f, '}')) {
		if (!first && !is_at(f, ','))
			return spoilt(f, "no comma", err);
		f->p += !first;
		first = false;
		rc = take_member(f, err);
		if (rc < 0)
			return rc;
	}
	f->p++;
	if (slice_blank(f->p, f->end) != f->end)
		return spoilt(f, "more text behind the end", err);
	if (!f->has_value)
		return err_set(err, ERR_SCHEMA, "the answer has no list \"%s\"",
			       f->shape->items);
	return 0;
}

int page_split_open(struct page_split *s, const struct page_shape *shape,
		    const char *body, size_t len, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	static const struct page_shape links = { .items = "value" };
	struct frame f = { .split = s,
			   .shape = shape ? shape : &links,
			   .body = body,
			   .end = body + len };
	int rc;

	*s = (struct page_split){ 0 };
	f.p = body;
	if (len >= 3 && memcmp(body, mark, 3) == 0)
		f.p += 3;
	if (is_at(&f, '<'))
		return err_set(err, ERR_SCHEMA,
			       "the answer is HTML, not JSON; a proxy or "
			       "sign-in page may stand in between");
	if (f.p == f.end)
		return spoilt(&f, "", err);
	if (*f.p != '{')
		return err_set(err, ERR_SCHEMA,
			       "the answer is not a JSON object");
	f.p++;
	rc = take_members(&f, err);
	if (rc < 0)
		page_split_release(s);
	return rc;
}

bool page_split_next(struct page_split *s, struct span *ret_item)
{
	if (s->n_given == s->n_items)
		return false;
	*ret_item = s->items[s->n_given++];
	return true;
}

void page_split_release(struct page_split *s)
{
	bool cut = s->cut;

	free(s->items);
	free(s->next);
	*s = (struct page_split){ .cut = cut };
}
