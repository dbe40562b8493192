/* `triagectl search`: alerts by any of their words, the best first. */
#include "cli/commands.h"

#include <string.h>
#include "cli/as_typed.h"
#include "cli/selectors.h"
#include "store/search.h"
#include "util/xmalloc.h"

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "severity", "SEV", AS_SEVERITY, 0, NULL },
	{ "state", "STATE", AS_STATE, 0, NULL },
	{ "seen_ms", "SEEN", AS_AGO, 0, NULL },
	{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
	{ "match_in", "FOUND IN", AS_TEXT, 0, NULL },
	{ "match", "WORDS", AS_TEXT, COLUMN_WRAP, NULL },
};

/* The words that matched, marked for people and programs alike; a list of
 * entities on one line. */
static char *mark(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (; *text; text++) {
		if (*text == SEARCH_MATCH_BEGIN)
			strbuf_addstr(&sb, "\u00ab");
		else if (*text == SEARCH_MATCH_END)
			strbuf_addstr(&sb, "\u00bb");
		else
			strbuf_addch(&sb, *text == '\n' ? ' ' : *text);
	}
	return xstrdup(sb.buf);
}

static int keep(void *arg, size_t n, const char *const *names,
		const struct cell *cells)
{
	CLEANUP(free_ptr) struct cell *copy = NULL;
	CLEANUP(free_ptr) char *marked = NULL;

	if (!cells)
		return rows_keep(arg, n, names, NULL);
	copy = xmemdup(cells, n * sizeof(*copy));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "match") != 0 || !cells[i].text)
			continue;
		marked = mark(cells[i].text);
		copy[i] = cell_text(marked);
	}
	return rows_keep(arg, n, names, copy);
}

/* What was typed, as one text: the shell has taken it apart. */
static void join(const struct arguments *args, struct strbuf *ret)
{
	for (size_t i = 0; i < args->n_words; i++)
		strbuf_addf(ret, "%s%s", i > 0 ? " " : "", args->words[i]);
}

static void say_number(struct writer *w, int64_t n)
{
	struct cell cell = cell_integer(n);

	writer_value(w, AS_TEXT, &cell);
}

/* Where this answer is not the whole one. */
static void say_limits(struct writer *w, const struct search_outcome *o,
		       bool full)
{
	if (o->cut) {
		writer_line(w, NULL);
		writer_words(w, "More alerts have these words; the newest ");
		say_number(w, o->depth);
		writer_words(w, " were looked at. Add a word, or --state "
				"open.");
	} else if (full) {
		writer_line(w, NULL);
		writer_words(w, "There may be more; see them with --limit.");
	}
	if (o->below > 0) {
		writer_line(w, NULL);
		writer_words(w, "The search index is still being made: alerts "
				"before number ");
		say_number(w, o->below);
		writer_words(w, " are not in it yet.");
	}
}

static void say_damage(struct session *session)
{
	struct writer *w = session->writer;

	writer_line(w, NULL);
	writer_words(w, "The index of words is damaged: it does not find what "
			"is there. No alert is lost; triagectl list shows "
			"them. It is made anew, in about a minute for each GiB "
			"of the database, by what stands below.");
	writer_line(w, "Next");
	as_typed_say(session,
		     "systemctl stop triaged; triagectl db compact; systemctl "
		     "start triaged",
		     NULL, "");
}

struct answer {
	struct search_outcome outcome;
	bool full; /* as many as were asked for */
	bool narrowed; /* options say which alerts */
	bool damaged; /* the index */
};

static const char *say_none(const struct answer *a)
{
	if (a->damaged)
		return "nothing was found";
	return a->narrowed ? "no alert that the options ask for has all of "
			     "these words"
			   : "no alert has all of these words";
}

static void say(struct session *session, const struct rows *rows,
		const struct answer *a)
{
	struct writer *w = session->writer;
	const struct table table = {
		.key = "alerts",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = say_none(a),
	};

	writer_begin(w, "triaged.search.v1");
	writer_flag(w, "cut", a->outcome.cut);
	writer_field(w, "indexed_from_id", cell_integer(a->outcome.below));
	writer_flag(w, "damaged", a->damaged);
	writer_table(w, &table, rows);
	say_limits(w, &a->outcome, a->full);
	if (a->damaged)
		say_damage(session);
}

int cmd_search(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct search what;
	struct answer a = { 0 };
	struct store *store;
	int64_t limit;
	int rc = selectors_parse(args, session->now_ms, &s, err);

	if (rc < 0)
		return rc;
	/* Who searches looks back, too. */
	if (!arguments_has(args, "state"))
		s.sel.states = 0;
	rc = session_store(session, &store, err);
	if (rc < 0)
		return rc;
	join(args, &text);
	s.sel.head = true;
	what = (struct search){ text.buf, s.sel };
	rc = search_alerts(store, &what, keep, &rows, &a.outcome, err);
	if (rc < 0)
		return rc;
	/* What is found is true. */
	if (rows.n == 0)
		rc = search_doubt(store, text.buf, &a.damaged, err);
	if (rc < 0)
		return rc;
	limit = s.sel.limit > 0 ? s.sel.limit : SEARCH_LIMIT;
	a.full = (int64_t)rows.n == limit;
	a.narrowed = selectors_narrow(args) || arguments_has(args, "since") ||
		     arguments_has(args, "until");
	say(session, &rows, &a);
	return a.damaged ? ERR_BAD_STATE : 0;
}
