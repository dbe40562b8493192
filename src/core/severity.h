/*
 * The five levels. The numbers are stored; only ever append. Greater is worse.
 * No Microsoft API says critical: it comes from promotion rules alone.
 */
#ifndef CORE_SEVERITY_H
#define CORE_SEVERITY_H

#include <stdbool.h>

enum severity {
	SEVERITY_INFO = 0,
	SEVERITY_LOW = 1,
	SEVERITY_MEDIUM = 2,
	SEVERITY_HIGH = 3,
	SEVERITY_CRITICAL = 4,
};
#define SEVERITY_MAX (SEVERITY_CRITICAL + 1)

/* "info" ... "critical". */
const char *severity_name(enum severity s);
/* From our own word, any case. */
bool severity_parse(const char *word, enum severity *ret);

#endif
