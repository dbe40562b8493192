/*
 * What the words in capitals of the command table stand for: ID, SEVERITY,
 * TARGET. Help, the checks of what was typed, the manual and completion read
 * this table, so that a word is told, taken and completed alike.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "util/strbuf.h"

struct rows;
struct session;

struct value_kind {
	const char *name; /* as it stands in the table: "SEVERITY" */
	/* Word @i of those it may be, NULL behind the last; NULL: any text */
	const char *(*word)(size_t i);
	bool several; /* words joined by commas */
	bool file;
	/* Those that there are now, as rows with a column "word" (text);
	 * reading only, few and quick. NULL: nobody knows */
	int (*present)(struct session *session, struct rows *ret,
		       struct err *err);
};

/* Row @i, or NULL behind the last. */
const struct value_kind *values_at(size_t i);
/* NULL: no such row. The name may be followed by anything but a letter. */
const struct value_kind *values_find(const char *name);
/*
 * The number of @word, in capitals or not, among those that @name may be. 0,
 * or ERR_CONF with what was meant; @where says where it was typed: "--state".
 */
int values_pick(const char *name, const char *where, const char *word,
		size_t *ret, struct err *err) must_check;
/* Append "critical, high or low; several joined by commas"; nothing when any
 * text will do. */
void values_describe(struct strbuf *sb, const char *name);

/* Rows of @present; in values_present.c. */
int values_alerts(struct session *session, struct rows *ret, struct err *err);
int values_hooks(struct session *session, struct rows *ret, struct err *err);
int values_messages(struct session *session, struct rows *ret, struct err *err);
int values_owners(struct session *session, struct rows *ret, struct err *err);
int values_queries(struct session *session, struct rows *ret, struct err *err);
int values_recommendations(struct session *session, struct rows *ret,
			   struct err *err);
int values_responses(struct session *session, struct rows *ret,
		     struct err *err);
int values_rotations(struct session *session, struct rows *ret,
		     struct err *err);
int values_silences(struct session *session, struct rows *ret, struct err *err);
int values_sources(struct session *session, struct rows *ret, struct err *err);
int values_subscriptions(struct session *session, struct rows *ret,
			 struct err *err);
int values_targets(struct session *session, struct rows *ret, struct err *err);

#endif
