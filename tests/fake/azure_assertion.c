/*
 * What a client proves itself with when it has no secret: a JWT signed with its
 * certificate, or one that somebody else issued. Called by azure_token.c; the
 * certificate and the expected text come from the script. Strict on purpose:
 * what Entra would refuse must fail here too.
 */
#include "fake/azure_priv.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "fake/azure_words.h"
#include "fake/fault.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define LIFE_MAX_S 660 /* Entra takes ten minutes, and a little */
#define SKEW_S 300

enum { BAD_TYPE = 9002313, BAD_SIGNATURE = 50012, BAD_THUMBPRINT = 700027 };
enum { BAD_TIME = 700024, BAD_FEDERATION = 700213 };

char *azure_base64url(const void *bytes, size_t len)
{
	char *text = digest_base64(bytes, len);

	for (char *c = text; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0'; /* only at the end, and then it ends */
	}
	return text;
}

uint8_t *azure_unbase64url(const char *text, size_t len, size_t *ret_len)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	uint8_t *bytes;

	while (len > 0 && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++)
		strbuf_addch(&sb, text[i] == '-'   ? '+'
				  : text[i] == '_' ? '/'
						   : text[i]);
	while (sb.len % 4)
		strbuf_addch(&sb, '=');
	return digest_unbase64(sb.buf, &bytes, ret_len) == 0 ? bytes : NULL;
}

static json_t *parse_part(const char *text, size_t len)
{
	struct err err = ERR_INIT;
	size_t n;
	CLEANUP(free_ptr) uint8_t *bytes = azure_unbase64url(text, len, &n);

	return bytes ? jsonx_parse((const char *)bytes, n, 0, &err) : NULL;
}

static X509 *read_certificate(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	if (!certificate)
		peer_die("script: token.certificate is no certificate");
	return certificate;
}

/* Does the header name this certificate, as it must for its algorithm? */
static bool names(const json_t *head, X509 *certificate, bool pss)
{
	const char *given = jsonx_str(head, pss ? "x5t#S256" : "x5t");
	uint8_t print[EVP_MAX_MD_SIZE];
	unsigned len;
	size_t n = 0;
	CLEANUP(free_ptr)
	uint8_t *bytes =
		given ? azure_unbase64url(given, strlen(given), &n) : NULL;

	return X509_digest(certificate, pss ? EVP_sha256() : EVP_sha1(), print,
			   &len) == 1 &&
	       bytes && n == len && memcmp(bytes, print, len) == 0;
}

static bool is_signed(const char *text, size_t len, const char *signature,
		      X509 *certificate, bool pss)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key = NULL;
	size_t n = 0;
	CLEANUP(free_ptr)
	uint8_t *bytes = azure_unbase64url(signature, strlen(signature), &n);
	bool ok = bytes &&
		  EVP_DigestVerifyInit(md, &key, EVP_sha256(), NULL,
				       X509_get0_pubkey(certificate)) == 1;

	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) ==
			     1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(key,
						      RSA_PSS_SALTLEN_DIGEST) ==
			     1;
	ok = ok &&
	     EVP_DigestVerify(md, bytes, n, (const uint8_t *)text, len) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

/* The same jti a second time is a replay. */
static bool is_fresh(const struct azure *a, const char *assertion)
{
	json_t *line;
	size_t i;

	json_array_foreach(a->sign_ins, i, line)
	{
		const char *seen = jsonx_str(line, "client_assertion");

		if (seen && strcmp(seen, assertion) == 0)
			return false;
	}
	return true;
}

static json_int_t check_claims(const struct azure *a,
			       const struct web_request *req,
			       const json_t *claims)
{
	CLEANUP(free_ptr) char *id = web_param(req->body, "client_id");
	CLEANUP(free_ptr)
	char *endpoint = xasprintf("%s://%s%s", a->tls ? "https" : "http",
				   web_header(req, "host"), req->path);
	const char *iss = jsonx_str(claims, "iss");
	const char *sub = jsonx_str(claims, "sub");
	const char *aud = jsonx_str(claims, "aud");
	json_int_t now = clock_wall_ms() / 1000;
	json_int_t begins = fault_int(claims, "nbf", now);
	json_int_t ends = fault_int(claims, "exp", 0);

	if (!iss || !sub || strcmp(iss, id) != 0 || strcmp(sub, id) != 0 ||
	    !jsonx_str(claims, "jti") || !aud || strcmp(aud, endpoint) != 0)
		return BAD_SIGNATURE;
	if (ends < now || begins > now + SKEW_S || ends > now + LIFE_MAX_S)
		return BAD_TIME;
	return 0;
}

static json_int_t check_signed(const struct azure *a,
			       const struct web_request *req,
			       const char *assertion)
{
	const char *one = strchr(assertion, '.');
	const char *two = one ? strchr(one + 1, '.') : NULL;
	CLEANUP(jsonx_unref) json_t *head = NULL;
	CLEANUP(jsonx_unref) json_t *claims = NULL;
	const char *alg;
	X509 *certificate;
	bool pss, named, good;

	if (!two)
		return BAD_TYPE;
	head = parse_part(assertion, (size_t)(one - assertion));
	claims = parse_part(one + 1, (size_t)(two - one - 1));
	alg = jsonx_str(head, "alg");
	pss = alg && strcmp(alg, "PS256") == 0;
	if (!head || !claims || !alg || (!pss && strcmp(alg, "RS256") != 0))
		return BAD_TYPE;
	certificate = read_certificate(jsonx_str(a->token, "certificate"));
	named = names(head, certificate, pss);
	good = is_signed(assertion, (size_t)(two - assertion), two + 1,
			 certificate, pss);
	X509_free(certificate);
	if (!named)
		return BAD_THUMBPRINT;
	if (!good || !is_fresh(a, assertion))
		return BAD_SIGNATURE;
	return check_claims(a, req, claims);
}

json_int_t azure_check_assertion(const struct azure *a,
				 const struct web_request *req)
{
	static const char bearer[] =
		"urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
	CLEANUP(free_ptr)
	char *type = web_param(req->body, "client_assertion_type");
	CLEANUP(free_ptr)
	char *assertion = web_param(req->body, "client_assertion");
	const char *federated = jsonx_str(a->token, "federated");

	if (!type || strcmp(type, bearer) != 0)
		return BAD_TYPE;
	if (jsonx_str(a->token, "certificate"))
		return check_signed(a, req, assertion);
	if (federated && strcmp(federated, assertion) == 0)
		return 0;
	return BAD_FEDERATION;
}
