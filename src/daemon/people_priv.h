/* What the files share that carry out what people do: people, people_work. */
#ifndef DAEMON_PEOPLE_PRIV_H
#define DAEMON_PEOPLE_PRIV_H

#include "daemon/pipeline_priv.h"

/* The row of the alert; ERR_NOT_FOUND in words when there is none. */
int people_find(struct pipeline *p, int64_t id, struct tracked *ret,
		struct err *err) must_check;
/* It has an owner, a person has confirmed its severity, and that was acted on:
 * its acknowledgement has no end. */
bool people_is_triaged(const struct tracked *t);
/* When an acknowledgement of now ends by the policy; 0 never. */
int64_t people_ack_end(const struct pipeline *p, enum severity severity,
		       int64_t now_ms);
/* pipeline_set_phase() inside an open transaction. */
int people_set_phase(struct pipeline *p, const struct human_change *c,
		     enum phase phase, struct err *err) must_check;

#endif
