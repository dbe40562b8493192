/*
 * See certificate_dates.h. Called by token_assertion.c, and by the daemon for
 * what is shown to receivers.
 *
 * tested with: test_certificate_dates
 */
#include "net/certificate_dates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define CHAIN_MAX 32 /* certificates; real chains have less than ten */

bool certificate_time(const ASN1_TIME *t, int64_t *ret_ms)
{
	struct tm tm;
	int64_t s;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	s = timefmt_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400;
	s += tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	*ret_ms = s * 1000;
	return true;
}

/* OpenSSL would ask the terminal. */
static int on_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* All certificates of @pem, up to one that cannot be read. */
static size_t read_all(const struct secret *pem, X509 *ret[CHAIN_MAX])
{
	size_t n = 0;
	BIO *bio;

	if (!pem || secret_len(pem) > INT32_MAX)
		return 0;
	bio = BIO_new_mem_buf(secret_peek(pem), (int)secret_len(pem));
	while (bio && n < CHAIN_MAX &&
	       (ret[n] = PEM_read_bio_X509(bio, NULL, on_passphrase, NULL)))
		n++;
	(void)BIO_free(bio); /* memory, read only: nothing to lose */
	ERR_clear_error();
	return n;
}

static bool is_issued_by(const X509 *cert, const X509 *by)
{
	return X509_NAME_cmp(X509_get_issuer_name(cert),
			     X509_get_subject_name(by)) == 0;
}

static char *name_of(const X509 *cert)
{
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes, *name = NULL;
	long len;

	if (text &&
	    X509_NAME_print_ex(text, X509_get_subject_name(cert), 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(text, &bytes);
		name = xstrndup(bytes, (size_t)len);
	}
	(void)BIO_free(text); /* memory: nothing to lose */
	return name ? name : xstrdup("one without a name");
}

/* The issuer of @cert among those that were not passed yet; of several the one
 * that holds longest, as a peer tries them all. NULL none. */
static X509 *step_up(const X509 *cert, X509 *all[CHAIN_MAX], size_t n,
		     bool passed[CHAIN_MAX], int64_t *ret_ends_ms)
{
	X509 *best = NULL;
	int64_t ends_ms;

	for (size_t i = 0; i < n; i++) {
		if (passed[i] || !is_issued_by(cert, all[i]) ||
		    is_issued_by(all[i], all[i]))
			continue;
		passed[i] = true;
		if (!certificate_time(X509_get0_notAfter(all[i]), &ends_ms) ||
		    (best && ends_ms <= *ret_ends_ms))
			continue;
		best = all[i];
		*ret_ends_ms = ends_ms;
	}
	return best;
}

void certificate_end_release(struct certificate_end *e)
{
	free(e->above);
	*e = (struct certificate_end){ 0 };
}

void certificate_chain_end(const struct secret *pem,
			   struct certificate_end *ret)
{
	X509 *all[CHAIN_MAX];
	bool passed[CHAIN_MAX] = { true };
	size_t n = read_all(pem, all);
	const X509 *first = NULL;
	int64_t ends_ms;

	*ret = (struct certificate_end){ 0 };
	if (n > 0 && certificate_time(X509_get0_notAfter(all[0]), &ends_ms)) {
		ret->ends_ms = ends_ms;
		for (const X509 *at = all[0];
		     (at = step_up(at, all, n, passed, &ends_ms));) {
			if (ends_ms >= ret->ends_ms)
				continue;
			ret->ends_ms = ends_ms;
			first = at;
		}
	}
	if (first)
		ret->above = name_of(first);
	while (n > 0)
		X509_free(all[--n]);
}
