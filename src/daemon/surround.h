/* Deciding about an alert with what is near it. */
#ifndef DAEMON_SURROUND_H
#define DAEMON_SURROUND_H

#include "daemon/pipeline_priv.h"

/* As triage_decide(), with the surroundings that the store knows of. */
int surround_decide(struct pipeline *p, const struct triage_input *in,
		    struct decision *ret, struct err *err) must_check;
/* The alert of @s as stored now is part of what surrounds others. */
int surround_keep(struct pipeline *p, const struct subject *s,
		  struct err *err) must_check;

#endif
