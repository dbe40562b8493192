/*
 * Certificates and the assertions they sign. Called by token_login.c (once)
 * and token_request.c (for each request); the only file of net/ that knows
 * OpenSSL's keys.
 */
#include "net/token_assertion.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "net/certificate_dates.h"
#include "net/token_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define LIFE_S 600
#define RSA_LEAST_BITS 2048 /* Entra ID takes no shorter ones */
#define GUID_SIZE 37

#define WHAT_TO_STORE                                                          \
	"store the certificate and its unencrypted RSA key as PEM in one "     \
	"secret, then restart triaged"

struct token_certificate {
	EVP_PKEY *key;
	char *thumbprint; /* x5t#S256 */
	int64_t begins_ms, ends_ms;
};

static void bio_free(BIO **bio)
{
	(void)BIO_free(*bio); /* memory, read only: nothing to lose */
}

static void x509_free(X509 **cert)
{
	X509_free(*cert);
}

/* OpenSSL would ask the terminal. */
static int on_passphrase(char *buf, int size, int writing, void *arg)
{
	bool *asked = arg;

	(void)buf;
	(void)size;
	(void)writing;
	*asked = true;
	return -1;
}

static BIO *open_pem(const struct secret *pem)
{
	BIO *bio = BIO_new_mem_buf(secret_peek(pem), (int)secret_len(pem));

	if (!bio)
		xmalloc_die("out of memory");
	return bio;
}

static int read_key(const struct secret *pem, EVP_PKEY **ret, struct err *err)
{
	CLEANUP(bio_free) BIO *bio = open_pem(pem);
	bool asked = false;

	*ret = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &asked);
	ERR_clear_error();
	if (!*ret && asked)
		return err_set(err, ERR_AUTH,
			       "client-certificate: its key is encrypted with "
			       "a passphrase: " WHAT_TO_STORE);
	if (!*ret)
		return err_set(err, ERR_AUTH,
			       "client-certificate holds no readable private "
			       "key: " WHAT_TO_STORE);
	if (EVP_PKEY_get_base_id(*ret) != EVP_PKEY_RSA)
		return err_set(err, ERR_AUTH,
			       "client-certificate: its key is not an RSA key, "
			       "which Entra ID needs: make one with RSA, "
			       "register it, " WHAT_TO_STORE);
	if (EVP_PKEY_get_bits(*ret) < RSA_LEAST_BITS)
		return err_set(err, ERR_AUTH,
			       "client-certificate: its key has %d bits, %d "
			       "are needed: make a new one, register it, "
			       "" WHAT_TO_STORE,
			       EVP_PKEY_get_bits(*ret), RSA_LEAST_BITS);
	return 0;
}

/* The one of the certificates in @pem that belongs to @key. */
static int read_certificate(const struct secret *pem, EVP_PKEY *key, X509 **ret,
			    struct err *err)
{
	CLEANUP(bio_free) BIO *bio = open_pem(pem);
	bool asked = false;
	int n = 0;
	X509 *cert;

	while ((cert = PEM_read_bio_X509(bio, NULL, on_passphrase, &asked))) {
		n++;
		if (X509_check_private_key(cert, key) == 1)
			break;
		X509_free(cert);
	}
	ERR_clear_error();
	*ret = cert;
	if (!cert && !n)
		return err_set(err, ERR_AUTH,
			       "client-certificate holds no readable "
			       "certificate: " WHAT_TO_STORE);
	if (!cert)
		return err_set(err, ERR_AUTH,
			       "client-certificate: the key does not belong to "
			       "the certificate: " WHAT_TO_STORE);
	return 0;
}

static int take_certificate(struct token_certificate *c, const X509 *cert,
			    struct err *err)
{
	uint8_t digest[DIGEST_SIZE];

	if (!certificate_time(X509_get0_notBefore(cert), &c->begins_ms) ||
	    !certificate_time(X509_get0_notAfter(cert), &c->ends_ms) ||
	    X509_digest(cert, EVP_sha256(), digest, NULL) != 1)
		return err_set(err, ERR_AUTH,
			       "client-certificate: its dates cannot be read: "
			       "make a new one, register it, " WHAT_TO_STORE);
	c->thumbprint = digest_base64url(digest, sizeof(digest));
	return 0;
}

static void certificate_free_ptr(struct token_certificate **c)
{
	*c = token_certificate_free(*c);
}

int token_certificate_new(const struct secret *pem,
			  struct token_certificate **ret, struct err *err)
{
	CLEANUP(certificate_free_ptr)
	struct token_certificate *c = xcalloc(1, sizeof(*c));
	CLEANUP(x509_free) X509 *cert = NULL;
	int rc;

	rc = read_key(pem, &c->key, err);
	if (!rc)
		rc = read_certificate(pem, c->key, &cert, err);
	if (!rc)
		rc = take_certificate(c, cert, err);
	if (rc < 0)
		return rc;
	*ret = take(c);
	return 0;
}

struct token_certificate *token_certificate_free(struct token_certificate *c)
{
	if (!c)
		return NULL;
	EVP_PKEY_free(c->key); /* wipes it */
	free(c->thumbprint);
	free(c);
	return NULL;
}

int64_t token_certificate_ends(const struct token_certificate *c)
{
	return c->ends_ms;
}

/* RFC 9562, version 4. */
static void make_guid(char ret[GUID_SIZE])
{
	static const uint8_t groups[] = { 4, 2, 2, 2, 6 };
	uint8_t bytes[16];
	const uint8_t *from = bytes;

	digest_random(bytes, sizeof(bytes));
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		digest_hex(from, groups[i], ret);
		from += groups[i];
		ret += 2 * groups[i];
		*ret++ = '-';
	}
	ret[-1] = '\0';
}

/* One segment of a JWT: a JSON object, which is given away, as base64url.
 * False when it could not be made: a string in it was not UTF-8. */
static bool add_segment(struct strbuf *jwt, json_t *object)
{
	CLEANUP(jsonx_unref) json_t *owned = object;
	CLEANUP(free_ptr) char *text = owned ? jsonx_dump(owned) : NULL;
	CLEANUP(free_ptr) char *segment = NULL;

	if (!text)
		return false;
	segment = digest_base64url(text, strlen(text));
	if (jwt->len)
		strbuf_addch(jwt, '.');
	strbuf_addstr(jwt, segment);
	return true;
}

static void context_free(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* RFC 7518 section 3.5: RSASSA-PSS, the salt as long as the digest. */
static bool add_signature(struct strbuf *jwt, EVP_PKEY *key)
{
	CLEANUP(context_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	CLEANUP(free_ptr) unsigned char *signature = NULL;
	CLEANUP(free_ptr) char *segment = NULL;
	EVP_PKEY_CTX *options;
	size_t len = (size_t)EVP_PKEY_get_size(key);

	signature = xmalloc(len);
	if (!ctx ||
	    EVP_DigestSignInit(ctx, &options, EVP_sha256(), NULL, key) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) !=
		    1 ||
	    EVP_DigestSign(ctx, signature, &len, (const void *)jwt->buf,
			   jwt->len) != 1)
		return false;
	segment = digest_base64url(signature, len);
	strbuf_addch(jwt, '.');
	strbuf_addstr(jwt, segment);
	return true;
}

static int check_dates(const struct token_certificate *c, int64_t now_ms,
		       struct err *err)
{
	char date[TIMEFMT_MAX];

	if (now_ms >= c->ends_ms)
		return err_set(err, ERR_AUTH,
			       "client-certificate ended at %s UTC: make a new "
			       "one, register it with the application in Entra "
			       "ID, " WHAT_TO_STORE,
			       timefmt_minute(c->ends_ms, 0, date));
	if (now_ms < c->begins_ms)
		return err_set(err, ERR_AUTH,
			       "client-certificate is not valid before %s UTC: "
			       "check this machine's clock with timedatectl",
			       timefmt_minute(c->begins_ms, 0, date));
	return 0;
}

int token_assertion_new(const struct token_certificate *c, const char *audience,
			const char *client_id, int64_t now_ms,
			struct secret **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf jwt = STRBUF_INIT;
	json_int_t now_s = now_ms / 1000;
	char jti[GUID_SIZE];
	bool ok;
	int rc;

	rc = check_dates(c, now_ms, err);
	if (rc < 0)
		return rc;
	make_guid(jti);
	ok = add_segment(&jwt,
			 json_pack("{s:s, s:s, s:s}", "alg", "PS256", "typ",
				   "JWT", "x5t#S256", c->thumbprint)) &&
	     add_segment(&jwt,
			 json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "aud",
				   audience, "iss", client_id, "sub", client_id,
				   "jti", jti, "nbf", now_s, "iat", now_s,
				   "exp", now_s + LIFE_S)) &&
	     add_signature(&jwt, c->key);
	ERR_clear_error();
	if (!ok)
		return err_set(err, ERR_AUTH,
			       "client-certificate cannot sign for this "
			       "client-id: check client-id, then make a new "
			       "one, register it, " WHAT_TO_STORE);
	*ret = secret_new(jwt.buf, jwt.len);
	explicit_bzero(jwt.buf, jwt.len);
	return 0;
}
