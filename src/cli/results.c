/*
 * Outcomes one by one: "42: acknowledged". Called by ack, close and outbox
 * retry. Knows no verb.
 */
#include "cli/results.h"

#include "triaged/ctl.h"
#include "util/err.h"

static const char *code_word(int rc)
{
	switch (rc) {
	case 0:
		return CTL_OK;
	case ERR_CONF:
		return CTL_USAGE;
	case ERR_DENIED:
		return CTL_DENIED;
	case ERR_NOT_FOUND:
		return CTL_NOT_FOUND;
	case ERR_CONFLICT:
		return CTL_CONFLICT;
	case ERR_NET:
		return "unreachable";
	}
	return CTL_FAILED;
}

void results_add(struct results *r, const char *word, int rc, const char *text)
{
	static const char *const names[] = { "id", "code", "text" };
	const struct cell cells[] = {
		cell_text(word),
		cell_text(code_word(rc)),
		cell_text(text),
	};

	(void)rows_keep(&r->rows, ARRAY_SIZE(names), names, cells);
	if (rc < 0 && r->worst == 0)
		r->worst = rc;
}

bool results_is_hopeless(int rc)
{
	return rc == ERR_NET || rc == ERR_DENIED;
}

int results_say(const struct results *r, struct writer *w)
{
	static const struct table data = { .key = "results", .verbatim = true };

	writer_table(w, &data, &r->rows);
	for (size_t i = 0; i < r->rows.n; i++) {
		writer_line(w, NULL);
		writer_value(w, AS_TEXT, rows_cell(&r->rows, i, "id"));
		writer_words(w, ": ");
		if (rows_text(&r->rows, i, "text"))
			writer_value(w, AS_TEXT,
				     rows_cell(&r->rows, i, "text"));
	}
	return r->worst;
}

void results_release(struct results *r)
{
	rows_release(&r->rows);
}
