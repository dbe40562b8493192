/*
 * A daemon that writes another event into its log than it has hashed, now and
 * then.
 *
 * Breaks: I5 by query_bind_text.
 */
#include <string.h>

#include "store/sqlite/engine_priv.h"

void __real_query_bind_text(struct query *q, const char *name,
			    const char *text);
void __wrap_query_bind_text(struct query *q, const char *name,
			    const char *text);

void __wrap_query_bind_text(struct query *q, const char *name, const char *text)
{
	static unsigned count;

	if (strcmp(name, "@detail") == 0 && ++count % 20 == 0)
		text = "{}";
	__real_query_bind_text(q, name, text);
}
