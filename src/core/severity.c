/*
 * The five levels and their words. Called by every room that reads or prints
 * a severity. Knows no source's spelling: adapters map those by their table.
 */
#include "core/severity.h"

#include <stddef.h>
#include <strings.h>
#include "util/compiler.h"

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info",	  [SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",	  [SEVERITY_HIGH] = "high",
	[SEVERITY_CRITICAL] = "critical",
};

_Static_assert(ARRAY_SIZE(severity_names) == SEVERITY_MAX, "a level lacks one");

const char *severity_name(enum severity s)
{
	/* A number from a newer or damaged database must still print. */
	if ((unsigned)s >= SEVERITY_MAX)
		return "unknown";
	return severity_names[s];
}

bool severity_parse(const char *word, enum severity *ret)
{
	if (!word)
		return false;
	for (size_t i = 0; i < SEVERITY_MAX; i++) {
		if (strcasecmp(word, severity_names[i]) == 0) {
			*ret = (enum severity)i;
			return true;
		}
	}
	return false;
}
