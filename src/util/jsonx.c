/*
 * jansson for hostile text. Called by source/, net/ (tokens), notify/, ctl/
 * and cli/; knows no document. Error texts never quote the input, which may
 * hold a token.
 */
#include "util/jsonx.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/jsonread.h"
#include "util/jsonwrite.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* In front of each block of jansson, so that free knows what comes back; as
 * long as what it is aligned to. */
struct header {
	_Alignas(max_align_t) size_t size;
	bool scoped; /* goes with the scope, not by itself */
};

/* A piece of memory that blocks are cut from; those of a scope are a list. */
struct chunk {
	struct chunk *before;
	size_t size, used;
	max_align_t bytes[];
};
#define CHUNK_SIZE ((size_t)64 << 10) /* a usual alert takes half of it */

static _Thread_local struct {
	bool open;
	struct chunk *last;
} scope;

/*
 * The parse that runs in this thread (the mail worker may parse too). Blocks
 * of earlier parses are not freed during one, so the sum is exact.
 */
static _Thread_local struct {
	bool limited;
	bool exhausted;
	size_t left;
	/* Where the scope stood: what a failed parse took is given back. */
	struct chunk *last;
	size_t used;
} budget;

static struct chunk *scope_push(size_t size)
{
	struct chunk *c = xmalloc(sizeof(*c) + MAX(size, CHUNK_SIZE));

	*c = (struct chunk){ .before = scope.last,
			     .size = MAX(size, CHUNK_SIZE) };
	scope.last = c;
	return c;
}

static void *scope_take(size_t size)
{
	struct chunk *c = scope.last;
	void *p;

	if (!c || c->size - c->used < size)
		c = scope_push(size);
	p = (char *)c->bytes + c->used;
	c->used += size;
	return p;
}

static void scope_pop(void)
{
	struct chunk *c = scope.last;

	scope.last = c->before;
	free(c);
}

static void budget_take(size_t size)
{
	if (size > budget.left) {
		budget.exhausted = true;
		size = budget.left;
	}
	budget.left -= size;
}

/*
 * Over the budget a block is still given, and the text ends for the parser
 * (read_text): jansson 2.14 does not check its lexer's buffer and reads past
 * it when an allocation fails (jansson issue 362). For the same reason a real
 * lack of memory ends the process.
 */
static void *budget_malloc(size_t size)
{
	size_t whole;
	struct header *h;

	if (__builtin_add_overflow(size, 2 * sizeof(*h), &whole))
		return NULL;
	whole -= whole % sizeof(*h); /* the header, and @size rounded up */
	h = scope.open ? scope_take(whole) : xmalloc(whole);
	h->size = whole;
	h->scoped = scope.open;
	if (budget.limited)
		budget_take(whole);
	return h + 1;
}

static void budget_free(void *p)
{
	struct header *h = p;

	if (!p)
		return;
	h--;
	if (h->scoped) /* it stays, and so does what it cost */
		return;
	if (budget.limited)
		budget.left += h->size;
	free(h);
}

void jsonx_init(void)
{
	json_set_alloc_funcs(budget_malloc, budget_free);
}

void jsonx_scope_begin(void)
{
	json_malloc_t allocate;

	assert(!scope.open);
	json_get_alloc_funcs(&allocate, NULL);
	scope.open = allocate == budget_malloc;
}

void jsonx_scope_end(json_t *value)
{
	if (!scope.open) {
		json_decref(value);
		return;
	}
	scope.open = false;
	/* One is kept for the next scope, unless it is a monster's. */
	while (scope.last &&
	       (scope.last->before || scope.last->size > CHUNK_SIZE))
		scope_pop();
	if (scope.last)
		scope.last->used = 0;
}

/* What jansson has not read yet. */
struct source {
	const char *p;
	size_t len;
};

static size_t read_text(void *buf, size_t size, void *data)
{
	struct source *src = data;
	size_t n = MIN(size, src->len);

	if (budget.exhausted)
		return 0;
	memcpy(buf, src->p, n);
	src->p += n;
	src->len -= n;
	return n;
}

/* jansson says "... near 'TEXT OF THE INPUT'": only the first half is ours. */
static int describe(const json_error_t *e, size_t heap, struct err *err)
{
	const char *near = strstr(e->text, " near ");
	int len = near ? (int)(near - e->text) : (int)strlen(e->text);

	if (budget.exhausted)
		return err_set(err, ERR_LIMIT,
			       "JSON too large: it needs more than %zu bytes "
			       "of memory",
			       heap);
	if (json_error_code(e) == json_error_stack_overflow)
		return err_set(err, ERR_LIMIT,
			       "JSON nested too deeply at line %d column %d",
			       e->line, e->column);
	if (json_error_code(e) == json_error_duplicate_key)
		return err_set(err, ERR_SCHEMA,
			       "a member stands twice in one object");
	return err_set(err, ERR_SCHEMA,
		       "not valid JSON: %.*s at line %d "
		       "column %d",
		       len, e->text, e->line, e->column);
}

static void budget_begin(size_t heap)
{
	budget.limited = heap > 0;
	budget.left = heap;
	budget.exhausted = false;
	budget.last = scope.last;
	budget.used = scope.last ? scope.last->used : 0;
}

/* @value, unless it cost too much. */
static json_t *budget_end(json_t *value)
{
	budget.limited = false;
	if (value && !budget.exhausted)
		return value;
	json_decref(value);
	while (scope.last != budget.last)
		scope_pop();
	if (scope.last)
		scope.last->used = budget.used;
	return NULL;
}

static bool budget_is_exhausted(void)
{
	return budget.exhausted;
}

static json_t *load_quickly(struct source src, size_t heap)
{
	budget_begin(heap);
	return budget_end(jsonread(src.p, src.len, budget_is_exhausted));
}

static json_t *load(struct source src, size_t heap, size_t flags,
		    json_error_t *e)
{
	budget_begin(heap);
	return budget_end(json_load_callback(read_text, &src,
					     JSON_DECODE_ANY | flags, e));
}

/*
 * jansson refuses the escape of NUL, since C text ends there. Whoever names a
 * process can put one into an alert, and must not be able to hide it so: NUL
 * is read as U+FFFD, whose escape is as long.
 */
static json_t *load_without_nul(struct source src, size_t heap, size_t flags,
				json_error_t *e)
{
	static const char nul[] = "\\u0000";
	char *copy = xmalloc(src.len);
	char *end = copy + src.len;
	json_t *value;

	memcpy(copy, src.p, src.len);
	for (char *p = copy; (p = memchr(p, '\\', (size_t)(end - p)));
	     p += MIN(end - p, 2)) {
		if ((size_t)(end - p) >= strlen(nul) &&
		    memcmp(p, nul, strlen(nul)) == 0)
			memcpy(p + 2, "fffd", 4);
	}
	value = load((struct source){ copy, src.len }, heap, flags, e);
	free(copy);
	return value;
}

static bool is_about_nul(const json_error_t *e)
{
	return json_error_code(e) == json_error_null_character ||
	       json_error_code(e) == json_error_null_byte_in_key;
}

/*
 * jansson passes over a zero byte behind a number, as if it were not there. To
 * whoever takes the same bytes for C text they end in the middle.
 */
static bool has_zero_byte(struct source src, struct err *err)
{
	const char *zero = memchr(src.p, '\0', src.len);

	if (zero)
		(void)err_set(err, ERR_SCHEMA, /* the caller sees NULL */
			      "not valid JSON: a zero byte behind byte %zu",
			      (size_t)(zero - src.p));
	return zero != NULL;
}

static json_t *parse(const char *text, size_t len, size_t heap, size_t flags,
		     struct err *err)
{
	struct source src = { text, len };
	json_error_t e = { 0 };
	json_t *value;

	/* Some gateways put a byte order mark in front. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		src.p += 3;
		src.len -= 3;
	}
	value = load_quickly(src, heap);
	if (!value && has_zero_byte(src, err))
		return NULL;
	if (!value)
		value = load(src, heap, flags, &e);
	if (!value && is_about_nul(&e))
		value = load_without_nul(src, heap, flags, &e);
	if (!value)
		(void)describe(&e, heap, err); /* the caller sees NULL */
	return value;
}

json_t *jsonx_parse(const char *text, size_t len, size_t heap, struct err *err)
{
	return parse(text, len, heap, 0, err);
}

json_t *jsonx_parse_unique(const char *text, size_t len, size_t heap,
			   struct err *err)
{
	return parse(text, len, heap, JSON_REJECT_DUPLICATES, err);
}

/* Members of an object that are looked at one by one: quicker than a hash. */
#define MEMBERS_FEW 12

/* The member of that name, else the first in any case; NULL none. */
static json_t *get_one_by_one(json_t *o, const char *key)
{
	size_t len = strlen(key);
	void *it, *other = NULL;

	for (it = json_object_iter(o); it; it = json_object_iter_next(o, it)) {
		/* Most names already differ in length. */
		if (json_object_iter_key_len(it) != len)
			continue;
		if (memcmp(json_object_iter_key(it), key, len) == 0)
			return json_object_iter_value(it);
		if (!other &&
		    strncasecmp(json_object_iter_key(it), key, len) == 0)
			other = it;
	}
	return other ? json_object_iter_value(other) : NULL;
}

json_t *jsonx_get(const json_t *object, const char *key)
{
	/* The cast: jansson's look-ups change nothing but are not const. */
	json_t *o = (json_t *)object;
	json_t *value = NULL;

	if (json_object_size(o) > MEMBERS_FEW)
		value = json_object_get(o, key);
	if (!value)
		value = get_one_by_one(o, key);
	return json_is_null(value) ? NULL : value;
}

const char *jsonx_str(const json_t *object, const char *key)
{
	const char *s = json_string_value(jsonx_get(object, key));

	return s && *s ? s : NULL;
}

static bool decimal(const char *s, int64_t *ret)
{
	const char *digits = *s == '-' ? s + 1 : s;
	long long n;

	if (!*digits || digits[strspn(digits, "0123456789")])
		return false;
	errno = 0;
	n = strtoll(s, NULL, 10);
	if (errno)
		return false;
	*ret = n;
	return true;
}

bool jsonx_int(const json_t *object, const char *key, int64_t *ret)
{
	const json_t *value = jsonx_get(object, key);

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (json_is_real(value)) {
		double real = json_real_value(value);

		/* 2^63 itself does not fit, and the cast would be undefined. */
		if (!(real >= -0x1p63 && real < 0x1p63))
			return false;
		*ret = (int64_t)real;
		return true;
	}
	return json_is_string(value) && decimal(json_string_value(value), ret);
}

bool jsonx_bool(const json_t *object, const char *key)
{
	const json_t *value = jsonx_get(object, key);

	if (json_is_string(value))
		return strcasecmp(json_string_value(value), "true") == 0;
	if (json_is_integer(value))
		return json_integer_value(value) == 1;
	return json_is_true(value);
}

char *jsonx_dump(const json_t *value)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	return jsonwrite(value, &sb) ? strbuf_detach(&sb) : NULL;
}

char *jsonx_pack_text(const char *format, va_list ap)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char *text = NULL;
	json_t *object;

	if (jsonwrite_pack(&sb, format, ap))
		return strbuf_detach(&sb);
	jsonx_scope_begin();
	object = json_vpack_ex(NULL, 0, format, ap);
	if (object)
		text = jsonx_dump(object);
	jsonx_scope_end(object);
	return text;
}

void jsonx_unref(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}
