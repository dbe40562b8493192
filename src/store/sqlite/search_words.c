/*
 * What a person types to look for, as an expression of the engine's full text
 * index: every word a quoted string, joined by nothing, which means all of
 * them. No word of the engine's language is left to be taken for one. Called
 * by search.c and related.c; asks nothing.
 *
 * tested with: test_search_words
 */
#include "store/sqlite/search_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEXT_MAX 1000 /* characters */
#define WORDS_MAX 32
/* The engine reads every word that begins so: fewer letters, too many words. */
#define BEGINNING_MIN 3

/* One word or phrase of the text. */
struct piece {
	const char *at;
	size_t len;
	bool beginning; /* a * stood behind it */
};

/* What the index takes for a part of a word; beyond ASCII it knows better. */
static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t letters_at_end(const struct piece *p)
{
	size_t n = 0;

	while (n < p->len && is_letter(p->at[p->len - n - 1]))
		n++;
	return n;
}

static bool has_letter(const struct piece *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (is_letter(p->at[i]))
			return true;
	return false;
}

/* The piece at *@text, which moves behind it; false at the end. */
static bool next_piece(const char **text, struct piece *ret)
{
	const char *p = *text + strspn(*text, " ");
	const char *end = p[0] == '"' ? strchr(p + 1, '"') : NULL;

	if (*p == '\0')
		return false;
	*ret = (struct piece){ .at = p };
	if (end != NULL) {
		ret->at++;
		ret->len = (size_t)(end - ret->at);
		ret->beginning = end[1] == '*';
		*text = end + 1 + ret->beginning;
		return true;
	}
	ret->len = strcspn(p, " ");
	*text = p + ret->len;
	while (ret->len > 0 && p[ret->len - 1] == '*') {
		ret->len--;
		ret->beginning = true;
	}
	return true;
}

/* @scope: "" or a column with its colon. @end: "" or *, for a beginning. */
static void add_quoted(struct strbuf *sb, const char *between,
		       const char *scope, const struct piece *p,
		       const char *end)
{
	strbuf_addf(sb, "%s%s\"", sb->len > 0 ? between : "", scope);
	for (size_t i = 0; i < p->len; i++) {
		if (p->at[i] == '"')
			strbuf_addch(sb, '"');
		strbuf_addch(sb, p->at[i]);
	}
	strbuf_addf(sb, "\"%s", end);
}

static void add_word(struct search_words *w, const char *scope,
		     const struct piece *p, const char *end)
{
	add_quoted(&w->match, " ", scope, p, end);
	add_quoted(&w->any, " OR ", scope, p, end);
}

/* The last two numbers of an IPv4 address; false: it is none. */
static bool last_two(const struct piece *p, struct piece *ret)
{
	size_t start[4] = { 0 }, n = 0;

	for (size_t i = 0; i < p->len; i++) {
		if (isdigit((unsigned char)p->at[i]))
			continue;
		if (p->at[i] != '.' || i == start[n] || n == 3)
			return false;
		start[++n] = i + 1;
	}
	*ret = (struct piece){ .at = p->at + start[2],
			       .len = p->len - start[2] };
	return n == 3 && p->len > start[3] && !p->beginning;
}

/*
 * The index has the numbers of an address each by itself, the first ones in
 * nearly every alert. It takes words in the order they are given, so the pair
 * that is rare goes before all.
 */
static void add_hint(struct search_words *w, const struct piece *p)
{
	struct piece rare;

	if (!last_two(p, &rare))
		return;
	add_quoted(&w->hints, " ", "", &rare, "");
	w->n_hints++;
}

/*
 * The path of a resource is mostly words that every path has. Its last name
 * finds the candidates, and the whole path is compared with theirs.
 */
static bool take_path(struct search_words *w, const struct piece *p)
{
	static const char start[] = "/subscriptions/";
	CLEANUP(free_ptr) char *path = xstrndup(p->at, p->len);
	struct piece name;
	char *slash;

	if (w->path != NULL || p->beginning ||
	    strncasecmp(path, start, sizeof(start) - 1) != 0)
		return false;
	while ((slash = strrchr(path, '/')) != NULL && slash[1] == '\0')
		*slash = '\0';
	if (slash == NULL)
		return false;
	name = (struct piece){ .at = slash + 1, .len = strlen(slash + 1) };
	if (!has_letter(&name))
		return false;
	add_word(w, "{resource entities} :", &name, "");
	w->path = take(path);
	return true;
}

static int take_piece(struct search_words *w, const struct piece *p,
		      struct err *err)
{
	size_t letters = letters_at_end(p);

	if (!has_letter(p) || take_path(w, p))
		return 0;
	if (p->beginning && letters > 0 && letters < BEGINNING_MIN)
		return err_set(err, ERR_CONF,
			       "'%.*s*' would begin too many words: give at "
			       "least %d letters or digits before *",
			       (int)p->len, p->at, BEGINNING_MIN);
	add_hint(w, p);
	add_word(w, "", p, p->beginning && letters > 0 ? "*" : "");
	return 0;
}

/* The whole text, when it is one word or phrase. */
static void take_name(struct search_words *w, const struct piece *p, size_t n)
{
	free(w->name);
	w->name = n == 0 && !p->beginning ? xstrndup(p->at, p->len) : NULL;
}

static int parse(const char *text, struct search_words *w, struct err *err)
{
	const char *rest = text;
	struct piece p;

	for (size_t n = 0; next_piece(&rest, &p); n++) {
		int rc;

		if (n == WORDS_MAX)
			return err_set(err, ERR_CONF,
				       "too many words to search for, at most "
				       "%d",
				       WORDS_MAX);
		take_name(w, &p, n);
		rc = take_piece(w, &p, err);
		if (rc < 0)
			return rc;
	}
	if (w->match.len == 0)
		return err_set(err, ERR_CONF,
			       "'%.64s' has no letter or digit to search for",
			       text);
	if (w->n_hints > 0) {
		strbuf_addf(&w->hints, " %s", w->match.buf);
		strbuf_reset(&w->match);
		strbuf_addstr(&w->match, w->hints.buf);
	}
	return 0;
}

int search_words_parse(const char *text, struct search_words *ret,
		       struct err *err)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(text, 0, UTF8_LINE);
	CLEANUP(search_words_release)
	struct search_words w = SEARCH_WORDS_NONE;
	int rc;

	if (utf8_length(clean) > TEXT_MAX)
		return err_set(err, ERR_CONF,
			       "the text to search for is too long, at most %d "
			       "characters",
			       TEXT_MAX);
	rc = parse(clean, &w, err);
	if (rc < 0)
		return rc;
	*ret = w;
	w = (struct search_words)SEARCH_WORDS_NONE;
	return 0;
}

void search_words_release(struct search_words *w)
{
	strbuf_release(&w->match);
	strbuf_release(&w->hints);
	strbuf_release(&w->any);
	free(w->path);
	free(w->name);
	w->path = w->name = NULL;
}
