/*
 * Certificates that are about to end: what a source or a mail target signs in
 * with, and what is shown to the receiver of a target or of the log. Alerts
 * about triaged itself, one for each step before the end; the next step closes
 * the one before, and a newer certificate all of them.
 */
#ifndef DAEMON_EXPIRY_H
#define DAEMON_EXPIRY_H

#include "conf/conf.h"
#include "daemon/pipeline.h"
#include "net/certificate_dates.h"

struct expiring {
	const char *slug; /* identity of the alerts, without the step */
	const char *whose; /* "source azure" */
	const char *does; /* "signs in with a certificate" */
	const char *then; /* "nothing is read from it" */
	const char *remediation;
	int64_t ends_ms; /* UTC; 0 there is none */
	/* The certificate above it in its chain that ends then; NULL its own
	 * end. */
	const char *above;
};

/* The words of whoever signs in. */
#define EXPIRY_SIGNS_IN "signs in with a certificate"
#define EXPIRY_RENEW_SIGN_IN                                                   \
	"Make a new certificate and add it to the application in Entra ID.\n"  \
	"Store it in place of the old one.\nsystemctl restart triaged"

/* The last step that was reached at @now_ms, -1 none. */
int expiry_step(int64_t ends_ms, int64_t now_ms);
/* Opens and closes the alerts as they should be at @now_ms. */
int expiry_tell(struct pipeline *p, const struct expiring *e, int64_t now_ms,
		struct err *err) must_check;

/* A certificate that is shown to somebody. Borrowed from the settings. */
struct expiry_shown {
	const char *about; /* "target" or "forward" */
	const char *name;
	/* The application that signs in with it, for mail; NULL: it is shown to
	 * the receiver itself. */
	const char *client_id;
	const struct secret_ref *certificate; /* without a value: none */
};
/* When it ends: of what signs in its own end, as nobody asks who issued it; of
 * what is shown the first end in its chain. */
void expiry_of(const struct expiry_shown *s, struct certificate_end *ret);
/* Number @i: targets, then destinations of the log; false behind the last. */
bool expiry_shown(const struct conf *c, size_t i, struct expiry_shown *ret);
/* An hourly look at what is shown. */
int expiry_look(struct pipeline *p, int64_t now_ms, struct err *err) must_check;

#endif
