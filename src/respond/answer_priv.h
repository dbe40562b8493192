/* What the files of answers share. */
#ifndef RESPOND_ANSWER_PRIV_H
#define RESPOND_ANSWER_PRIV_H

#include <stddef.h>
#include "respond/call.h"

/* permission.c: who refused is told what to grant, and to whom. */
void answer_permission(const struct respond_place *p, const struct response *r,
		       enum respond_step step, char *ret, size_t size);

#endif
