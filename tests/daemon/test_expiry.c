/* The end of a certificate that is shown to a receiver is told in steps. */
#include "daemon/expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/bygone.h"
#include "daemon/rig.h"
#include "net/certificate.h"
#include "util/xmalloc.h"

#define DAY INT64_C(86400000)
#define T0 INT64_C(1780992000000)
#define ENDS (T0 + 40 * DAY)

struct scene {
	struct rig rig;
	char path[32];
};

static int setup(void **state)
{
	static struct scene s;
	CLEANUP(strbuf_release) struct strbuf pem = STRBUF_INIT;
	CLEANUP(free_ptr) char *yaml = NULL;
	EVP_PKEY *key = certificate_key(2048);
	X509 *cert = certificate_make(key, 0, (time_t)(ENDS / 1000));
	int fd;

	certificate_add(&pem, cert);
	certificate_add_key(&pem, key, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
	strcpy(s.path, "/tmp/expiry-XXXXXX");
	fd = mkstemp(s.path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pem.buf, pem.len), (ssize_t)pem.len);
	close(fd);
	yaml = xasprintf("tenants:\n"
			 "  - {name: contoso, id: contoso.example, auth: "
			 "client-certificate, client-id: "
			 "66666666-7777-8888-9999-000000000000, "
			 "client-certificate: {file: %s}}\n"
			 "targets:\n"
			 "  - {name: mail, type: email, server: "
			 "\"https://graph.microsoft.com\", oauth: contoso, "
			 "from: a@example.org, to: b@example.org}\n"
			 "  - {name: ops, type: folder, path: /nowhere}\n"
			 "  - {name: pager, type: webhook, url: "
			 "\"https://192.0.2.1/x\", client-certificate: "
			 "{file: %s}}\n"
			 "forward:\n"
			 "  - {name: siem, type: syslog-tls, server: "
			 "\"192.0.2.1:6514\", client-certificate: {file: %s}}\n"
			 "fallback: ops\n",
			 s.path, s.path, s.path);
	*state = &s;
	rig_open(&s.rig, yaml, T0);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	rig_close(&s->rig);
	return unlink(s->path);
}

static void look_at(struct scene *s, int64_t now_ms)
{
	struct err err = ERR_INIT;

	rig_advance(&s->rig, now_ms);
	/* Twice: what lasts is no second alert. */
	for (int i = 0; i < 2; i++)
		if (expiry_look(&s->rig.pipeline, now_ms, &err) < 0)
			fail_msg("%s", err.text);
}

static void expect(struct scene *s, const char *expected)
{
	CLEANUP(free_ptr)
	char *text = rig_text(&s->rig,
			      "select ifnull(group_concat(native_id || ' ' || "
			      "severity, ', '), '') from (select * from "
			      "v_alerts where state <> 'closed' order by 1)");

	assert_string_equal(text, expected);
}

static void test_in_steps(void **state)
{
	struct scene *s = *state;
	CLEANUP(free_ptr) char *text = NULL;

	look_at(s, ENDS - 30 * DAY - 1);
	expect(s, "");
	look_at(s, ENDS - 30 * DAY);
	expect(s, "target-certificate-ends/mail/30-days medium, "
		  "target-certificate-ends/pager/30-days medium, "
		  "forward-certificate-ends/siem/30-days medium");
	look_at(s, ENDS - DAY);
	expect(s, "target-certificate-ends/mail/1-days high, "
		  "target-certificate-ends/pager/1-days high, "
		  "forward-certificate-ends/siem/1-days high");
	text = rig_text(&s->rig,
			"select title || ': ' || description from v_alerts "
			"where native_id = 'target-certificate-ends/pager/1-"
			"days'");
	assert_string_equal(text,
			    "The certificate of target pager ends within 1 "
			    "day: Target pager shows its receiver a "
			    "certificate that ends at "
			    "2026-07-19T08:00:00.000Z. From then on the "
			    "receiver refuses what is sent.");
	free(text);
	text = rig_text(&s->rig,
			"select description from v_alerts where native_id = "
			"'target-certificate-ends/mail/1-days'");
	assert_string_equal(text,
			    "Target mail signs in with a certificate that ends "
			    "at 2026-07-19T08:00:00.000Z. From then on no mail "
			    "is sent through it.");
}

static void put_chain(struct secret_ref *ref, const struct strbuf *pem)
{
	(void)secret_free(ref->value);
	ref->value = secret_new(pem->buf, pem->len);
}

/* What stands between it and the authority ends before it. A receiver asks for
 * that; a directory, which has the certificate itself, does not, nor whether it
 * is the first. */
static void test_chain(void **state)
{
	struct scene *s = *state;
	struct conf *c = (struct conf *)s->rig.pipeline.conf;
	CLEANUP(strbuf_release) struct strbuf chain = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf turned = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = NULL;
	EVP_PKEY *key = certificate_key(2048), *other = certificate_key(0);
	X509 *leaf = certificate_issue(key, "us", "Issuing CA 1", 0,
				       (time_t)(ENDS / 1000));
	X509 *above = certificate_issue(other, "Issuing CA 1", "Root", 0,
					(time_t)((ENDS - 20 * DAY) / 1000));

	certificate_add(&chain, leaf);
	certificate_add(&chain, above);
	certificate_add_key(&chain, key, NULL);
	certificate_add(&turned, above);
	certificate_add(&turned, leaf);
	certificate_add_key(&turned, key, NULL);
	put_chain(&c->targets[2].webhook.client_certificate, &chain);
	put_chain(&c->targets[0].oauth.client_secret, &turned);
	look_at(s, ENDS - 21 * DAY);
	expect(s, "target-certificate-ends/mail/30-days medium, "
		  "target-certificate-ends/pager/1-days high, "
		  "forward-certificate-ends/siem/30-days medium");
	text = rig_text(&s->rig,
			"select title || ': ' || description from v_alerts "
			"where native_id = 'target-certificate-ends/pager/1-"
			"days'");
	assert_string_equal(text,
			    "The certificate chain of target pager ends within "
			    "1 day: Target pager shows its receiver a "
			    "certificate with CN=Issuing CA 1 above it, which "
			    "ends at 2026-06-29T08:00:00.000Z. From then on "
			    "the receiver refuses what is sent.");
	X509_free(leaf);
	X509_free(above);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* Who leaves the settings, and who shows a newer one. */
static void test_ends(void **state)
{
	struct scene *s = *state;
	struct conf *c = (struct conf *)s->rig.pipeline.conf;
	size_t n = c->n_targets;

	look_at(s, ENDS);
	c->n_targets = 2;
	assert_int_equal(bygone_end(&s->rig.pipeline, NULL), 0);
	expect(s, "target-certificate-ends/mail/1-days high, "
		  "forward-certificate-ends/siem/1-days high");
	c->n_targets = n;
	c->forwards[0].client_certificate.value =
		secret_free(c->forwards[0].client_certificate.value);
	c->targets[0].oauth.client_secret.value =
		secret_free(c->targets[0].oauth.client_secret.value);
	c->targets[2].webhook.client_certificate.value =
		secret_free(c->targets[2].webhook.client_certificate.value);
	look_at(s, ENDS + DAY);
	expect(s, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
