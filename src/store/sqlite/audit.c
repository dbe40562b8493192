/*
 * The event log as a chain of hashes. Called by everything that decides or
 * changes something, in the transaction of the change. How it is walked is in
 * audit_walk.c.
 */
#include "store/audit.h"

#include <string.h>
#include "store/sqlite/audit_priv.h"
#include "util/digest.h"

/* In decimal: by hand, since three for each event were a tenth of its cost. */
static void link_add_number(struct digest *d, int64_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char text[24];
	char *p = text + sizeof(text) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--p = '-';
	digest_add_field(d, p);
}

void audit_link_hash(const struct audit_link *l, uint8_t hash[DIGEST_SIZE])
{
	struct digest *d = digest_new();

	digest_add(d, hash, DIGEST_SIZE);
	link_add_number(d, l->id);
	link_add_number(d, l->alert_id);
	link_add_number(d, l->at_ms);
	digest_add_field(d, l->actor);
	digest_add_field(d, l->kind);
	digest_add_field(d, l->detail);
	digest_finish(d, hash);
}

/*
 * The last number ever given and the hash of the last row. The number comes
 * from the engine's own count: a log whose end was cut off goes on with a gap,
 * which audit_verify finds.
 */
static int audit_head(struct store *s, int64_t *ret_id,
		      uint8_t ret_hash[DIGEST_SIZE], struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc;

	/* The present transaction has added one, and nobody else can. */
	if (s->writing.id != s->written.id) {
		*ret_id = s->writing.id;
		memcpy(ret_hash, s->writing.hash, DIGEST_SIZE);
		return 1;
	}
	rc = query_open(&q, s, STMT_EVENT_HEAD, err);
	if (rc < 0)
		return rc;
	rc = query_one(&q, ret_id, err);
	if (rc == 1)
		row_blob(&q, 1, ret_hash, DIGEST_SIZE);
	return rc;
}

static int event_ms(struct store *s, enum statement id, int64_t *ret_ms,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc >= 0)
		rc = query_one(&q, ret_ms, err);
	return rc < 0 ? rc : 0;
}

int audit_first_ms(struct store *s, int64_t *ret_ms, struct err *err)
{
	return event_ms(s, STMT_EVENT_FIRST, ret_ms, err);
}

int audit_last_ms(struct store *s, int64_t *ret_ms, struct err *err)
{
	return event_ms(s, STMT_EVENT_LAST, ret_ms, err);
}

int audit_add(struct store *s, const struct audit_event *e, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct audit_link l = {
		0,	  e->alert_id, e->at_ms,
		e->actor, e->kind,     e->detail != NULL ? e->detail : "{}"
	};
	uint8_t hash[DIGEST_SIZE] = { 0 };
	int rc = audit_head(s, &l.id, hash, err);

	if (rc < 0)
		return rc;
	l.id++;
	audit_link_hash(&l, hash);
	rc = query_open(&q, s, STMT_EVENT_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", l.id);
	query_bind_ms(&q, "@alert", l.alert_id);
	query_bind_int(&q, "@at", l.at_ms);
	query_bind_text(&q, "@actor", l.actor);
	query_bind_text(&q, "@kind", l.kind);
	query_bind_text(&q, "@detail", l.detail);
	query_bind_blob(&q, "@hash", hash, sizeof(hash));
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	s->writing.id = l.id;
	memcpy(s->writing.hash, hash, DIGEST_SIZE);
	return 0;
}

bool audit_written(const struct store *s, struct audit_mark *ret)
{
	if (s->written.id == 0)
		return false;
	*ret = s->written;
	return true;
}
