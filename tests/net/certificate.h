/* Certificates made on the spot, with OpenSSL and nothing of net/. */
#ifndef TESTS_NET_CERTIFICATE_H
#define TESTS_NET_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include "util/strbuf.h"

static inline EVP_PKEY *certificate_key(unsigned bits)
{
	EVP_PKEY *key = bits ? EVP_RSA_gen(bits) : EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

/* Of @subject, said to be issued by @issuer, whoever signs; good between two
 * moments of the wall clock in seconds. */
static inline X509 *certificate_issue(EVP_PKEY *key, const char *subject,
				      const char *issuer, time_t from,
				      time_t to)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	ASN1_TIME_set(X509_getm_notBefore(cert), from);
	ASN1_TIME_set(X509_getm_notAfter(cert), to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
				   MBSTRING_UTF8, (const void *)subject, -1, -1,
				   0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const void *)issuer, -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_NAME_free(name);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

/* Self-signed. */
static inline X509 *certificate_make(EVP_PKEY *key, time_t from, time_t to)
{
	return certificate_issue(key, "triaged", "triaged", from, to);
}

static inline void certificate_add_bio(struct strbuf *pem, BIO *bio)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);

	strbuf_add(pem, bytes, (size_t)len);
	BIO_free(bio);
}

static inline void certificate_add(struct strbuf *pem, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	certificate_add_bio(pem, bio);
}

/* @passphrase may be NULL. */
static inline void certificate_add_key(struct strbuf *pem, EVP_PKEY *key,
				       const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey(
				 bio, key,
				 passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0,
				 NULL, (void *)(uintptr_t)passphrase),
			 1);
	certificate_add_bio(pem, bio);
}

/* Is @signature, RSASSA-PSS with SHA-256 and a salt of 32 bytes, @key's? */
static inline bool certificate_verifies(EVP_PKEY *key, const char *text,
					size_t len, const char *signature,
					size_t signature_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options;
	int rc;

	assert_int_equal(EVP_DigestVerifyInit(ctx, &options, EVP_sha256(), NULL,
					      key),
			 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options,
						      RSA_PKCS1_PSS_PADDING),
			 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()),
			 1);
	rc = EVP_DigestVerify(ctx, (const void *)signature, signature_len,
			      (const void *)text, len);
	EVP_MD_CTX_free(ctx);
	return rc == 1;
}

#endif
