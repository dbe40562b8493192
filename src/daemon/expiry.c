/*
 * See expiry.h. Called by vigil.c for sources and by the agenda for what is
 * shown to receivers.
 *
 * Texts must not change while a step lasts: each change would be an update of
 * the alert.
 *
 * tested with: test_expiry test_vigil
 */
#include "daemon/expiry.h"

#include <string.h>

#include "net/token_assertion.h"
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DAY_MS INT64_C(86400000)
#define STEP_NONE (-1)

/* Days before the end at which people hear of it, one alert for each. */
static const struct {
	int days;
	enum severity severity;
} steps[] = {
	{ 30, SEVERITY_MEDIUM },
	{ 14, SEVERITY_MEDIUM },
	{ 7, SEVERITY_HIGH },
	{ 1, SEVERITY_HIGH },
};

int expiry_step(int64_t ends_ms, int64_t now_ms)
{
	int step = STEP_NONE;

	for (size_t i = 0; ends_ms && i < ARRAY_SIZE(steps); i++)
		if (ends_ms - now_ms <= steps[i].days * DAY_MS)
			step = (int)i;
	return step;
}

static int tell_step(struct pipeline *p, const struct expiring *e, size_t i,
		     bool resolved, struct err *err)
{
	int days = steps[i].days;
	CLEANUP(free_ptr) char *slug = xasprintf("%s/%d-days", e->slug, days);
	CLEANUP(free_ptr)
	char *title = xasprintf("The certificate%s of %s ends within %d day%s",
				e->above ? " chain" : "", e->whose, days,
				days == 1 ? "" : "s");
	CLEANUP(free_ptr) char *text = NULL;
	char end[TIMEFMT_MAX];

	timefmt_utc(e->ends_ms, end);
	text = xasprintf("%c%s %s%s%s%s ends at %s. From then on %s.",
			 e->whose[0] - 'a' + 'A', e->whose + 1, e->does,
			 e->above ? " with " : "", e->above ? e->above : "",
			 e->above ? " above it, which" : " that", end, e->then);
	return pipeline_self_alert(p,
				   &(struct self_alert){
					   .slug = slug,
					   .severity = steps[i].severity,
					   .title = title,
					   .description = text,
					   .remediation = e->remediation,
					   .resolved = resolved,
				   },
				   err);
}

int expiry_tell(struct pipeline *p, const struct expiring *e, int64_t now_ms,
		struct err *err)
{
	int step = expiry_step(e->ends_ms, now_ms);
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && rc >= 0; i++)
		rc = tell_step(p, e, i, (int)i != step, err);
	return rc < 0 ? rc : 0;
}

static void target_shows(const struct target_conf *t, struct expiry_shown *ret)
{
	bool signs_in =
		t->oauth.entry && t->oauth.auth == AUTH_CLIENT_CERTIFICATE;

	*ret = (struct expiry_shown){
		.about = "target",
		.name = t->name,
		.client_id = signs_in ? t->oauth.client_id : NULL,
		.certificate = signs_in ? &t->oauth.client_secret
					: &t->webhook.client_certificate,
	};
}

bool expiry_shown(const struct conf *c, size_t i, struct expiry_shown *ret)
{
	if (i < c->n_targets) {
		target_shows(&c->targets[i], ret);
		return true;
	}
	i -= c->n_targets;
	if (i >= c->n_forwards)
		return false;
	*ret = (struct expiry_shown){
		.about = "forward",
		.name = c->forwards[i].name,
		.certificate = &c->forwards[i].client_certificate,
	};
	return true;
}

void expiry_of(const struct expiry_shown *s, struct certificate_end *ret)
{
	struct token_certificate *own = NULL;

	if (!s->client_id) {
		certificate_chain_end(s->certificate->value, ret);
		return;
	}
	*ret = (struct certificate_end){ 0 };
	/* Whoever signs in with one that cannot be used is told why. */
	if (s->certificate->value &&
	    token_certificate_new(s->certificate->value, &own, NULL) == 0)
		ret->ends_ms = token_certificate_ends(own);
	(void)token_certificate_free(own);
}

int expiry_look(struct pipeline *p, int64_t now_ms, struct err *err)
{
	static const struct expiring to_receiver = {
		.does = "shows its receiver a certificate",
		.then = "the receiver refuses what is sent",
		.remediation = "Make a new certificate that the receiver "
			       "takes.\nStore it, with those between it and "
			       "its authority, in place of the old one.\n"
			       "systemctl restart triaged",
	};
	static const struct expiring to_directory = {
		.does = EXPIRY_SIGNS_IN,
		.then = "no mail is sent through it",
		.remediation = EXPIRY_RENEW_SIGN_IN,
	};
	struct expiry_shown s;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && expiry_shown(p->conf, i, &s); i++) {
		CLEANUP(free_ptr)
		char *slug =
			xasprintf("%s-certificate-ends/%s", s.about, s.name);
		CLEANUP(free_ptr)
		char *whose = xasprintf("%s %s", s.about, s.name);
		CLEANUP(certificate_end_release)
		struct certificate_end end = { 0 };
		struct expiring e = s.client_id ? to_directory : to_receiver;

		e.slug = slug;
		e.whose = whose;
		expiry_of(&s, &end);
		e.ends_ms = end.ends_ms;
		e.above = end.above;
		rc = expiry_tell(p, &e, now_ms, err);
	}
	return rc;
}
