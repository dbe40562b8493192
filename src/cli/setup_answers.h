/*
 * What `triagectl setup` has to know, and what is known of it: a table of
 * questions and an answer to each. Asking people is setup_ask's business,
 * files are setup_dropin's.
 */
#ifndef CLI_SETUP_ANSWERS_H
#define CLI_SETUP_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"
#include "util/err.h"
#include "util/secret.h"
#include "util/strbuf.h"
#include "util/strlist.h"

#define SETUP_QUESTIONS_MAX 48

enum setup_kind {
	SETUP_YES_NO,
	SETUP_CHOICE, /* one of words */
	SETUP_TEXT,
	SETUP_LIST, /* texts, between commas or blanks */
	SETUP_PATH,
	SETUP_SECRET, /* a line that nobody sees */
	SETUP_PEM, /* a secret of several lines, so given as a file */
};

struct setup_answers;

struct setup_question {
	const char *name;
	enum setup_kind kind;
	const char *ask;
	const char *where; /* where the answer is found; NULL: plain */
	const char *const *words; /* SETUP_CHOICE, up to a NULL */
	/* The answer when none is given. NULL: there must be one; "": may be
	 * left out */
	const char *fallback;
	/*
	 * The option that takes it, so that the settings' own rules judge: in
	 * an entry of @section (NULL: any text will do) behind the lines @like.
	 * With a '%' it is a whole line, and that stands for the answer.
	 */
	const char *section, *like, *option;
	const char *credential; /* secrets: what it is stored as */
	bool quiet; /* nobody is asked; only given */
	/* Does it matter, by the answers so far? NULL: always */
	bool (*wanted)(const struct setup_answers *a);
	/* The fallback where it depends (heap; NULL: there is none). */
	char *(*guess)(const struct setup_answers *a);
	/* People's way to write it into that of the settings (heap). */
	char *(*tidy)(const char *text);
	/* Words against an answer that the settings would take, or NULL. */
	const char *(*object)(const struct setup_answers *a, const char *text);
};

/* Row @i in the order they are asked, or NULL behind the last. */
const struct setup_question *setup_question_at(size_t i);
/* Its number, or -1. */
int setup_question_find(const char *name);

struct setup_answers {
	char *text[SETUP_QUESTIONS_MAX]; /* NULL: not given */
	struct secret *secret[SETUP_QUESTIONS_MAX];
	bool stored[SETUP_QUESTIONS_MAX]; /* the secret was there before */
	/* Given by the caller, by a file or option: not asked again. */
	bool given[SETUP_QUESTIONS_MAX];
};

void setup_answers_release(struct setup_answers *a);

/* Is question @i to be answered at all? */
bool setup_wants(const struct setup_answers *a, size_t i);
/* The answer, or its fallback; "" without either. Borrowed. Secrets: "". */
const char *setup_text(const struct setup_answers *a, const char *name);
/* The answer to a yes-or-no, and whether it is wanted. */
bool setup_is(const struct setup_answers *a, const char *name);
/* Is there a secret for @name, and is it wanted? */
bool setup_has_secret(const struct setup_answers *a, const char *name);
/* Is the webhook's URL one that only allow-private lets through? */
bool setup_hook_is_private(const struct setup_answers *a);
/* What stands in for an answer to question @i; heap; NULL: it must be given. */
char *setup_fallback(const struct setup_answers *a, size_t i);

/*
 * Answer question @i. 0, or ERR_CONF: @err says why not, beginning behind the
 * name of the question; nothing is changed.
 */
int setup_set(struct setup_answers *a, size_t i, const char *text,
	      struct err *err) must_check;
/* The same with a secret, which is taken over either way. */
int setup_set_secret(struct setup_answers *a, size_t i, struct secret *s,
		     struct err *err) must_check;
/* The same with a secret in file @path. */
int setup_set_file(struct setup_answers *a, size_t i, const char *path,
		   struct err *err) must_check;
/* NAME=VALUE, or NAME=@FILE for a secret. */
int setup_set_option(struct setup_answers *a, const char *option,
		     struct err *err) must_check;
/* All of file @path. Every fault of it is added to @faults. */
int setup_set_all(struct setup_answers *a, const char *path,
		  struct faults *faults, struct err *err) must_check;
/* Names of what is wanted, must be answered and is not, into @ret. */
void setup_missing(const struct setup_answers *a, struct strbuf *ret);

/* Append elements of a SETUP_LIST. */
void setup_split(const char *text, struct strlist *ret);
/* @text as a scalar of YAML: as it is, or in double quotes. */
void setup_quote(struct strbuf *out, const char *text);

#endif
