/* Do the settings work? Asked of triaged, with the copy of the site. */
#ifndef CLI_SETUP_CHECK_H
#define CLI_SETUP_CHECK_H

#include "cli/rows.h"
#include "cli/setup_site.h"

/* What was found; columns about, name, step, result ("ok" or "failed"), text,
 * next. */
struct setup_findings {
	struct rows rows;
	size_t n_failed;
	/* The question whose answer is most likely wrong; NULL: none failed */
	const char *suspect;
};

void setup_findings_release(struct setup_findings *f);
/*
 * Is the copy free of faults, and would everybody let us in? Each step is said
 * as it is known. 0 also when something failed.
 */
int setup_check(const struct setup_site *s, const struct setup_answers *a,
		struct setup_findings *f, struct err *err) must_check;
/* Send a test message to target @name, really; what became of it is added. */
int setup_check_notice(const struct setup_site *s,
		       const struct setup_answers *a, const char *name,
		       struct setup_findings *f, struct err *err) must_check;

#endif
