/*
 * The life of a silence's record. What it means is known to triage/silences.c.
 */
#include "core/silence.h"

#include <stdlib.h>
#include <string.h>

void silence_release(struct silence *s)
{
	free(s->author);
	free(s->reason);
	free(s->when_text);
	match_release(&s->when);
	free(s->notify);
	free(s->ended_by);
	memset(s, 0, sizeof(*s));
}
