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
#include <time.h>
#include "util/compiler.h"
#include "util/timefmt.h"

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

int64_t certificate_ends_ms(const struct secret *pem)
{
	int64_t ends_ms = 0;
	X509 *cert = NULL;
	BIO *bio;

	if (!pem || secret_len(pem) > INT32_MAX)
		return 0;
	bio = BIO_new_mem_buf(secret_peek(pem), (int)secret_len(pem));
	if (bio)
		cert = PEM_read_bio_X509(bio, NULL, on_passphrase, NULL);
	if (cert && !certificate_time(X509_get0_notAfter(cert), &ends_ms))
		ends_ms = 0;
	X509_free(cert);
	(void)BIO_free(bio); /* memory, read only: nothing to lose */
	ERR_clear_error();
	return ends_ms;
}
