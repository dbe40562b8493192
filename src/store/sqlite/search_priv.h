/* What the files of search share with who writes alerts and who connects. */
#ifndef STORE_SQLITE_SEARCH_PRIV_H
#define STORE_SQLITE_SEARCH_PRIV_H

#include "store/search.h"
#include "store/sqlite/engine_priv.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* The columns of alert_text and alert_search behind the id. */
enum search_column {
	SEARCH_TITLE,
	SEARCH_ENTITIES,
	SEARCH_RESOURCE,
	SEARCH_TYPE,
	SEARCH_IDS,
	SEARCH_TAGS,
	SEARCH_DESCRIPTION,
};
#define SEARCH_COLUMNS (SEARCH_DESCRIPTION + 1)

/* search_words.c: what a person typed, as a question to the engine. */
struct search_words {
	struct strbuf match; /* for MATCH: all of them, behind the hints */
	struct strbuf hints; /* what narrows the search and tells nothing */
	int n_hints;
	struct strbuf any; /* the same ones, of which one is enough */
	char *path; /* whole in the resource or an entity; NULL none */
	char *name; /* the only one, to be taken for a name; NULL several */
};
#define SEARCH_WORDS_NONE                                                      \
	{                                                                      \
		STRBUF_INIT, STRBUF_INIT, 0, STRBUF_INIT, NULL, NULL           \
	}
int search_words_parse(const char *text, struct search_words *ret,
		       struct err *err) must_check;
void search_words_release(struct search_words *w);

/*
 * search_index.c: the index follows the text of the alerts that a transaction
 * writes. Noted before the text of an alert changes, written by the commit.
 */
int search_note(struct store *s, int64_t id, struct err *err) must_check;
/* @a was stored as @id, with @tags (may be NULL). */
void search_note_new(struct store *s, int64_t id, const struct alert *a,
		     const struct strlist *tags);
int search_write_notes(struct store *s, struct err *err) must_check;
void search_forget_notes(struct store *s);
/* Before a row of alert, or anything that belongs to it, is removed. */
int search_remove(struct store *s, int64_t id, struct err *err) must_check;

/* Empty the index, for search_fill() to make it anew. Own transaction. */
int search_empty(struct store *s, struct err *err) must_check;

/*
 * search_check.c: whether the index is what was written there, by counting all
 * of its words: half a minute for a million alerts. Not within a transaction,
 * since it makes a table of its own that is gone with the connection.
 */
int search_check(struct store *s, bool *ret_sound, struct err *err) must_check;

/* search_rank.c: the functions of the ranking, for this connection. */
int search_rank_register(struct store *s, struct err *err) must_check;

/* search_excerpt.c: search_excerpt(), for this connection. */
int search_excerpt_register(struct store *s, struct err *err) must_check;

#endif
