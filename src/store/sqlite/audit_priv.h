/* What writing the chain of events and walking it share. */
#ifndef STORE_SQLITE_AUDIT_PRIV_H
#define STORE_SQLITE_AUDIT_PRIV_H

#include "store/sqlite/engine_priv.h"

/* One row as it goes into the chain; strings borrowed. */
struct audit_link {
	int64_t id, alert_id, at_ms;
	const char *actor, *kind, *detail;
};

/* Turns the hash of the row before into that of @l. */
void audit_link_hash(const struct audit_link *l, uint8_t hash[DIGEST_SIZE]);

/* The states of alerts as their events tell them, filled while the log is
 * walked. */
struct audit_states;
/* NULL: more alerts than are worth the memory. */
struct audit_states *audit_states_new(int64_t last_alert);
void audit_states_free(struct audit_states **a);
void audit_states_note(struct audit_states *a, const struct audit_link *l);
/* Compare them with the table: the first alert that is not as its events say
 * goes to *ret_alert (0: none). */
int audit_states_compare(struct store *s, const struct audit_states *a,
			 int64_t *ret_alert, int64_t *ret_n,
			 struct err *err) must_check;

#endif
