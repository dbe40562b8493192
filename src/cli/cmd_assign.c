/* `triagectl assign ID... WHO`: who owns alerts. */
#include <string.h>
#include "cli/change.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* "assign 42 43" forgets whom: a number is taken for an alert, not a name. */
static bool is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

int cmd_assign(struct session *session, const struct arguments *args,
	       struct err *err)
{
	const char *who = args->words[args->n_words - 1];
	bool nobody = strcmp(who, "-") == 0;
	CLEANUP(free_ptr)
	char *done = nobody ? xstrdup("taken from its owner")
			    : xasprintf("assigned to %s", who);
	CLEANUP(jsonx_unref)
	json_t *more = json_pack("{s:s, s:s*}", "owner", who, "note",
				 arguments_value(args, "note"));
	const struct change change = {
		.verb = CTL_VERB_ASSIGN,
		.done = done,
		.args = more,
		.n_tail = 1,
	};

	if (is_number(who))
		return err_set(err, ERR_CONF,
			       "assign: the last word names the owner, and "
			       "'%s' is a number (or - for nobody)",
			       who);
	return change_all(session, args, &change, "triaged.assign.v1", err);
}
