/*
 * What a record says, in the words and numbers that several formats share.
 * Called by the renderers.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <arpa/inet.h>
#include <string.h>
#include "util/digest.h"

enum severity record_severity(const struct forward_record *r)
{
	return r->has_alert ? r->view.tracked.severity : SEVERITY_INFO;
}

const char *record_key(const struct forward_record *r,
		       char ret[FORMAT_KEY_SIZE])
{
	struct alert_key keys[2];
	size_t n;

	ret[0] = '\0';
	if (!r->has_alert || !r->view.alert.native_id)
		return ret;
	n = alert_keys(&r->view.alert, keys);
	return digest_hex(keys[n - 1].b, sizeof(keys[n - 1].b), ret);
}

const char *record_title(const struct forward_record *r)
{
	if (r->has_alert && r->view.alert.title && *r->view.alert.title)
		return r->view.alert.title;
	return r->event.kind;
}

const char *record_entity(const struct forward_record *r, const char *kind)
{
	const struct alert *a = &r->view.alert;

	for (size_t i = 0; r->has_alert && i < a->n_entities; i++)
		if (strcmp(a->entities[i].kind, kind) == 0)
			return a->entities[i].value;
	return NULL;
}

bool is_address(const char *s, int family)
{
	struct in6_addr a;

	return (family != AF_INET6 && inet_pton(AF_INET, s, &a) == 1) ||
	       (family != AF_INET && inet_pton(AF_INET6, s, &a) == 1);
}

const char *record_address(const struct forward_record *r, int family)
{
	const struct alert *a = &r->view.alert;

	for (size_t i = 0; r->has_alert && i < a->n_entities; i++)
		if (strcmp(a->entities[i].kind, "ip") == 0 &&
		    is_address(a->entities[i].value, family))
			return a->entities[i].value;
	return NULL;
}

const char *record_hash(const struct forward_record *r, char ret[65])
{
	return digest_hex(r->event.hash, sizeof(r->event.hash), ret);
}

int severity_ten(enum severity s)
{
	static const int tens[SEVERITY_MAX] = { 1, 3, 5, 8, 10 };

	return tens[s];
}

int severity_ocsf(enum severity s)
{
	return (int)s + 1;
}
