/*
 * See setup_answers.h. Called by the parts of `triagectl setup`. An answer is
 * judged by the settings' own loader: it is put into a text of one entry, and
 * what is said about its line is said about it.
 */
#include "cli/setup_answers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "conf/pairs.h"
#include "util/suggest.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define ANSWER_MAX 4000
#define PLAIN                                                                  \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@/+-"

void setup_answers_release(struct setup_answers *a)
{
	for (size_t i = 0; i < SETUP_QUESTIONS_MAX; i++) {
		free(a->text[i]);
		a->text[i] = NULL;
		secret_free_ptr(&a->secret[i]);
	}
}

static bool is_secret(const struct setup_question *q)
{
	return q->kind == SETUP_SECRET || q->kind == SETUP_PEM;
}

int setup_question_find(const char *name)
{
	for (int i = 0; setup_question_at((size_t)i); i++)
		if (strcmp(setup_question_at((size_t)i)->name, name) == 0)
			return i;
	return -1;
}

/* ---- what is known ---- */

bool setup_wants(const struct setup_answers *a, size_t i)
{
	const struct setup_question *q = setup_question_at(i);

	return !q->wanted || q->wanted(a);
}

const char *setup_text(const struct setup_answers *a, const char *name)
{
	int i = setup_question_find(name);
	const struct setup_question *q =
		i < 0 ? NULL : setup_question_at((size_t)i);

	if (!q)
		return "";
	if (a->text[i])
		return a->text[i];
	return q->fallback ? q->fallback : "";
}

bool setup_is(const struct setup_answers *a, const char *name)
{
	int i = setup_question_find(name);

	return i >= 0 && setup_wants(a, (size_t)i) &&
	       strcmp(setup_text(a, name), "yes") == 0;
}

bool setup_has_secret(const struct setup_answers *a, const char *name)
{
	int i = setup_question_find(name);

	return i >= 0 && setup_wants(a, (size_t)i) && a->secret[i];
}

char *setup_fallback(const struct setup_answers *a, size_t i)
{
	const struct setup_question *q = setup_question_at(i);

	return q->guess ? q->guess(a) : xstrdup(q->fallback);
}

void setup_missing(const struct setup_answers *a, struct strbuf *ret)
{
	for (size_t i = 0; setup_question_at(i); i++) {
		const struct setup_question *q = setup_question_at(i);
		CLEANUP(free_ptr) char *fallback = NULL;

		if (!setup_wants(a, i) || a->text[i] || a->secret[i])
			continue;
		fallback = setup_fallback(a, i);
		if (!fallback)
			strbuf_addf(ret, "%s%s", ret->len ? ", " : "", q->name);
	}
}

/* ---- judging ---- */

void setup_split(const char *text, struct strlist *ret)
{
	while (*text) {
		size_t skip = strspn(text, ", \t");
		size_t len = strcspn(text + skip, ", \t");
		CLEANUP(free_ptr) char *word = xstrndup(text + skip, len);

		if (*word)
			strlist_add(ret, word);
		text += skip + len;
	}
}

/* Control characters never come here, so two need a backslash. */
void setup_quote(struct strbuf *out, const char *text)
{
	if (isalnum((unsigned char)*text) && !text[strspn(text, PLAIN)]) {
		strbuf_addstr(out, text);
		return;
	}
	strbuf_addch(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *text);
	}
	strbuf_addch(out, '"');
}

static void add_value(struct strbuf *out, const struct setup_question *q,
		      const char *text)
{
	CLEANUP(strlist_release) struct strlist words = STRLIST_INIT;

	if (q->kind != SETUP_LIST || strcmp(text, "all") == 0) {
		setup_quote(out, text);
		return;
	}
	setup_split(text, &words);
	strbuf_addch(out, '[');
	for (size_t i = 0; i < words.n; i++) {
		strbuf_addstr(out, i > 0 ? ", " : "");
		setup_quote(out, words.v[i]);
	}
	strbuf_addch(out, ']');
}

/* The line of the option in the text, from 1. */
static int add_entry(struct strbuf *out, const struct setup_question *q,
		     const char *text)
{
	const char *hole = strchr(q->option, '%');
	int line = 1;

	strbuf_addf(out, "%s:\n  - name: x\n    %s%s", q->section, q->like,
		    *q->like ? "    " : "");
	for (size_t i = 0; i < out->len; i++)
		line += out->buf[i] == '\n';
	if (hole)
		strbuf_add(out, q->option, (size_t)(hole - q->option));
	else
		strbuf_addf(out, "%s: ", q->option);
	add_value(out, q, text);
	strbuf_addf(out, "%s\n", hole ? hole + 1 : "");
	return line;
}

/* The first fault in line @line, without where it stands. */
static const char *fault_of(const struct faults *faults, int line)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->v[i];
		const char *text = strstr(f->text, ": ");

		if (f->warning || f->line != line)
			continue;
		if (strncmp(f->text, "targets.x.url ", 14) == 0)
			return f->text + 14;
		return text ? text + 2 : f->text;
	}
	return NULL;
}

static int judge(const struct setup_question *q, const char *text,
		 struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf entry = STRBUF_INIT;
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(conf_free_ptr) struct conf *conf = NULL;
	const char *why;
	int line;

	if (!q->section)
		return 0;
	line = add_entry(&entry, q, text);
	/* Alone it is never whole: only its own line counts. */
	if (conf_load_text("answer", entry.buf, entry.len, &conf, &faults) >= 0)
		why = NULL;
	else
		why = fault_of(&faults, line);
	explicit_bzero(entry.buf, entry.len);
	return why ? err_set(err, ERR_CONF, "%s", why) : 0;
}

/* Terminals wrap what is pasted in marks, and people in blanks. */
static char *strip(const char *text)
{
	static const char *const marks[] = { "\033[200~", "\033[201~" };
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			text += strlen(marks[i]);
	text += strspn(text, " \t\r\n");
	len = strlen(text);
	if (len >= 6 && strcmp(text + len - 6, marks[1]) == 0)
		len -= 6;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return xstrndup(text, len);
}

static int check_letters(const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len > ANSWER_MAX)
		return err_set(err, ERR_CONF, "is longer than %d characters",
			       ANSWER_MAX);
	for (size_t at = 0, n; at < len; at += n) {
		uint32_t point = 0;

		n = utf8_decode(text + at, len - at, &point);
		if (n == 0 || utf8_is_harmful(point))
			return err_set(err, ERR_CONF,
				       "holds a character that cannot be part "
				       "of it; was something else pasted?");
	}
	return 0;
}

static int take_yes_no(char **text, struct err *err)
{
	static const char *const words[][2] = {
		{ "y", "yes" }, { "yes", "yes" }, { "true", "yes" },
		{ "n", "no" },	{ "no", "no" },	  { "false", "no" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(*text, words[i][0]) != 0)
			continue;
		free(*text);
		*text = xstrdup(words[i][1]);
		return 0;
	}
	return err_set(err, ERR_CONF, "must be yes or no");
}

/* Its number serves, too, as the screen shows it. */
static int take_choice(const struct setup_question *q, char **text,
		       struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	char *end;
	unsigned long n = strtoul(*text, &end, 10);

	for (size_t i = 0; q->words[i]; i++) {
		if (strcasecmp(*text, q->words[i]) == 0 ||
		    (*end == '\0' && n == i + 1)) {
			free(*text);
			*text = xstrdup(q->words[i]);
			return 0;
		}
		strbuf_addf(&all, "%s%s", i > 0 ? ", " : "", q->words[i]);
	}
	return err_set(err, ERR_CONF, "must be one of: %s", all.buf);
}

static int take_text(const struct setup_answers *a,
		     const struct setup_question *q, char **text,
		     struct err *err)
{
	const char *why;
	char *tidy;

	if (!**text)
		return q->fallback && !*q->fallback
			       ? 0
			       : err_set(err, ERR_CONF, "is needed");
	if (q->tidy) {
		tidy = q->tidy(*text);
		free(*text);
		*text = tidy;
	}
	if (q->kind == SETUP_PATH && **text != '/')
		return err_set(err, ERR_CONF,
			       "must be a path from the root, such as "
			       "/etc/triaged/ca.pem");
	why = q->object ? q->object(a, *text) : NULL;
	if (why)
		return err_set(err, ERR_CONF, "%s", why);
	return judge(q, *text, err);
}

int setup_set(struct setup_answers *a, size_t i, const char *text,
	      struct err *err)
{
	const struct setup_question *q = setup_question_at(i);
	CLEANUP(free_ptr) char *answer = strip(text);
	CLEANUP(free_ptr) char *guess = NULL;
	int rc;

	if (is_secret(q))
		return err_set(err, ERR_CONF,
			       "is a secret, and what is typed here others can "
			       "read; give a file: @PATH, or in a file of "
			       "answers {file: PATH}");
	rc = check_letters(answer, err);
	if (rc < 0)
		return rc;
	switch (q->kind) {
	case SETUP_YES_NO:
		rc = take_yes_no(&answer, err);
		break;
	case SETUP_CHOICE:
		rc = take_choice(q, &answer, err);
		break;
	case SETUP_TEXT:
	case SETUP_LIST:
	case SETUP_PATH:
		guess = q->guess && !*answer ? q->guess(a) : NULL;
		if (!guess || *guess)
			rc = take_text(a, q, &answer, err);
		break;
	case SETUP_SECRET:
	case SETUP_PEM:
		break;
	}
	if (rc < 0)
		return rc;
	free(a->text[i]);
	a->text[i] = take(answer);
	return 0;
}

int setup_set_secret(struct setup_answers *a, size_t i, struct secret *s,
		     struct err *err)
{
	const struct setup_question *q = setup_question_at(i);
	CLEANUP(secret_free_ptr) struct secret *secret = s;
	const char *why = NULL;
	int rc = 0;

	if (secret_len(secret) == 0)
		return err_set(err, ERR_CONF, "is needed");
	if (q->kind == SETUP_SECRET)
		rc = check_letters(secret_peek(secret), err);
	if (rc >= 0 && q->object)
		why = q->object(a, secret_peek(secret));
	if (why)
		return err_set(err, ERR_CONF, "%s", why);
	if (rc >= 0)
		rc = judge(q, secret_peek(secret), err);
	if (rc < 0)
		return rc;
	secret_free_ptr(&a->secret[i]);
	a->secret[i] = take(secret);
	a->stored[i] = false;
	return 0;
}

int setup_set_file(struct setup_answers *a, size_t i, const char *path,
		   struct err *err)
{
	struct secret *s = NULL;
	int rc;

	if (!is_secret(setup_question_at(i)))
		return err_set(err, ERR_CONF, "is no secret: give it here");
	rc = secret_read_file(path, &s, err);
	if (rc < 0)
		return err_set(err, ERR_CONF, "%s", err->text);
	return setup_set_secret(a, i, s, err);
}

/* ---- many at once ---- */

static int refuse_name(const char *name, struct err *err)
{
	struct suggest s = { .word = name };
	char meant[SUGGEST_TEXT_MAX];

	for (size_t i = 0; setup_question_at(i); i++)
		suggest_offer(&s, setup_question_at(i)->name);
	return err_set(err, ERR_CONF, "there is no question '%.40s'%s", name,
		       suggest_text(&s, meant));
}

int setup_set_option(struct setup_answers *a, const char *option,
		     struct err *err)
{
	const char *value = strchr(option, '=');
	CLEANUP(free_ptr)
	char *name = xstrndup(option, value ? (size_t)(value - option)
					    : strlen(option));
	int i = setup_question_find(name);
	int rc;

	if (!value)
		return err_set(err, ERR_CONF, "--answer %.40s: no '=' in it",
			       name);
	if (i < 0)
		return refuse_name(name, err);
	if (value[1] == '@' && is_secret(setup_question_at((size_t)i)))
		rc = setup_set_file(a, (size_t)i, value + 2, err);
	else
		rc = setup_set(a, (size_t)i, value + 1, err);
	a->given[i] = true;
	if (rc < 0)
		(void)err_prefix(err, "%s", name); /* rc is kept */
	return rc;
}

struct reading {
	struct setup_answers *answers;
	struct faults *faults;
};

static void on_pair(void *arg, const struct pair *p)
{
	const struct reading *r = arg;
	int i = setup_question_find(p->name);
	struct err err = ERR_INIT;
	int rc;

	if (i < 0) {
		(void)refuse_name(p->name, &err);
		faults_add(r->faults, p->mark, "%s", err.text);
		return;
	}
	if (p->is_file)
		rc = setup_set_file(r->answers, (size_t)i, p->text, &err);
	else
		rc = setup_set(r->answers, (size_t)i, p->text, &err);
	r->answers->given[i] = true;
	if (rc < 0)
		faults_add(r->faults, p->mark, "%s: %s", p->name, err.text);
}

int setup_set_all(struct setup_answers *a, const char *path,
		  struct faults *faults, struct err *err)
{
	struct reading r = { a, faults };
	const struct fault *f;

	if (pairs_load(path, on_pair, &r, faults) >= 0)
		return 0;
	f = &faults->v[0];
	return err_set(err, ERR_CONF, "%s:%d:%d: %s", path, f->line, f->column,
		       f->text);
}

bool setup_hook_is_private(const struct setup_answers *a)
{
	static const struct setup_question in_public = {
		.kind = SETUP_TEXT,
		.section = "targets",
		.like = "type: webhook\n",
		.option = "url",
	};
	int i = setup_question_find("webhook-url");

	return setup_has_secret(a, "webhook-url") &&
	       judge(&in_public, secret_peek(a->secret[i]), NULL) < 0;
}
