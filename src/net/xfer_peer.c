/*
 * Whose certificate was refused: curl tells that the issuer is not known, but
 * not who it is, and by the name of the issuer an operator knows the device
 * that opens TLS on the way. Called by xfer_setup.c and xfer_words.c.
 *
 * A connection outlives its transfer and may shake hands once more, so the
 * transfer is a mark here that is compared and never followed. A refusal is
 * explained in the turn in which it came: the last one is kept.
 *
 * tested with: test_xfer_tls
 */
#include "net/xfer_priv.h"

#include <openssl/ssl.h>
#include <pthread.h>

#define ISSUER_MAX 256

static _Thread_local struct {
	const void *mark; /* the transfer; NULL none */
	char issuer[ISSUER_MAX];
} refused;

static int mark_index = -1;

static void make_index(void)
{
	mark_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static const void *mark_of(X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), mark_index);
}

static void note_issuer(X509 *certificate)
{
	BIO *text = BIO_new(BIO_s_mem());
	int n;

	refused.issuer[0] = '\0';
	if (!text)
		return;
	/* As UTF-8, the most telling part first. */
	(void)X509_NAME_print_ex(text, X509_get_issuer_name(certificate), 0,
				 XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_read(text, refused.issuer, sizeof(refused.issuer) - 1);
	refused.issuer[n > 0 ? n : 0] = '\0';
	BIO_free(text);
}

/* Decides nothing: @ok is what OpenSSL found. */
static int peer_on_verify(int ok, X509_STORE_CTX *store)
{
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);

	if (!ok && certificate) {
		refused.mark = mark_of(store);
		note_issuer(certificate);
	}
	return ok;
}

static CURLcode peer_on_context(CURL *easy, void *context, void *arg)
{
	(void)easy;
	/* Without its mark a refusal is nobody's. */
	(void)SSL_CTX_set_ex_data(context, mark_index, arg);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, peer_on_verify);
	return CURLE_OK;
}

void xfer_peer_watch(struct xfer *x)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_index); /* cannot fail */
	/* An earlier transfer may have lived where this one does. */
	if (refused.mark == x)
		refused.mark = NULL;
	if (mark_index < 0)
		return;
	/* With another TLS library these are refused, and nothing is seen. */
	(void)curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_FUNCTION,
			       peer_on_context);
	(void)curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_DATA, x);
}

const char *xfer_peer_issuer(const struct xfer *x)
{
	return refused.mark == x ? refused.issuer : "";
}
