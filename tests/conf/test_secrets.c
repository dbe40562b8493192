/* Secrets come from files and credentials, and never into a message. */
#include "conf_test.h"
#include "util/compiler.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUID "11111111-2222-3333-4444-555555555555"
#define SIGNING "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/triaged-secrets-XXXXXX");
	return mkdtemp(dir) ? setenv("CREDENTIALS_DIRECTORY", dir, 1) : -1;
}

static const char *const names[] = { "azure", "smtp", "hook", "sign",
				     "next",  "pem",  "token" };

static int remove_dir(void **state)
{
	char path[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path); /* not every test makes every file */
	}
	return rmdir(dir);
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)unlink(path); /* may not be there */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct conf *read_conf(void)
{
	char text[1500];

	snprintf(text, sizeof(text),
		 "sources:\n"
		 "  - name: azure\n"
		 "    type: defender-for-cloud\n"
		 "    tenant: " GUID "\n"
		 "    client-id: " GUID "\n"
		 "    client-secret: {credential: azure}\n"
		 "targets:\n"
		 "  - {name: mail, type: email, server: 'smtp://h', from: "
		 "a@b.de, to: a@b.de, username: u,\n"
		 "     password: {file: %s/smtp}}\n"
		 "  - {name: hook, type: webhook, url: {credential: hook},\n"
		 "     signing-secret: {credential: sign},\n"
		 "     signing-secret-next: {credential: next}}\n"
		 "routes: [{ladder: [{after: 0s, notify: [mail, hook]}]}]\n"
		 "fallback: mail\n",
		 dir);
	return read_good(text);
}

static void fetches(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_conf();

	(void)state;
	put("azure", "s3cret\n", 0400);
	put("smtp", "pass word\n", 0600);
	put("hook", "https://hooks.example.org/x?sig=1\n", 0400);
	put("sign", SIGNING "\n", 0400);
	put("next", SIGNING, 0400);
	assert_int_equal(conf_load_secrets(c, &f), 0);
	print_faults(&f);
	assert_int_equal(f.n, 0);
	assert_string_equal(secret_peek(c->sources[0].client_secret.value),
			    "s3cret");
	assert_string_equal(secret_peek(c->targets[0].password.value),
			    "pass word");
	assert_string_equal(secret_peek(c->targets[1].url.value),
			    "https://hooks.example.org/x?sig=1");
	/* A second time replaces and leaks nothing. */
	assert_int_equal(conf_load_secrets(c, &f), 0);
}

static void tells_what_is_wrong(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_conf();

	(void)state;
	put("azure", "two\nlines\n", 0400);
	put("smtp", "hunter2", 0644);
	put("hook", "https://10.0.0.1/hunter2", 0400);
	put("sign", "whsec_aHVudGVyMg==", 0400);
	put("next", "hunter2", 0400);
	assert_int_equal(conf_load_secrets(c, &f), ERR_CONF);
	assert_int_equal(f.n, 5);
	assert_true(has_fault(&f, 6, 20,
			      "sources.azure.client-secret: the "
			      "secret contains a line break"));
	assert_true(has_fault(&f, 9, 16, "targets.mail.password: "));
	assert_true(has_fault(&f, 10, 38, "allow-private"));
	assert_true(has_fault(&f, 11, 22, "24 to 64 random bytes"));
	assert_true(has_fault(&f, 12, 27, "whsec_"));
	for (size_t i = 0; i < f.n; i++) {
		assert_null(strstr(f.v[i].text, "hunter2"));
		assert_null(strstr(f.v[i].text, "10.0.0.1"));
	}
}

static void tells_what_is_missing(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_conf();

	(void)state;
	assert_int_equal(conf_load_secrets(c, &f), ERR_CONF);
	assert_int_equal(f.n, 5);
}

static struct conf *read_sign_ins(void)
{
	char text[1000];

	snprintf(text, sizeof(text),
		 "sources:\n"
		 "  - {name: cert, type: graph-security, tenant: " GUID
		 ", auth: client-certificate,\n"
		 "     client-id: " GUID
		 ", client-certificate: {credential: pem}}\n"
		 "  - {name: rest, type: cloud-apps, url: "
		 "'https://c.example.org',\n"
		 "     token: {credential: token}}\n"
		 "  - {name: pod, type: graph-hunting, tenant: " GUID
		 ", client-id: " GUID
		 ",\n     auth: workload-identity, federated-token-file: "
		 "%s/azure}\n"
		 "  - {name: vm, type: graph-hunting, tenant: " GUID
		 ", auth: managed-identity}\n" TARGET_OPS,
		 dir);
	return read_good(text);
}

#define CERTIFICATE                                                            \
	"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define KEY(kind)                                                              \
	"-----BEGIN " kind "PRIVATE KEY-----\nhunter2\n"                       \
	"-----END " kind "PRIVATE KEY-----\n"

static void fetches_every_sign_in(void **state)
{
	static const char *const pems[] = { KEY("") CERTIFICATE,
					    CERTIFICATE KEY("RSA "),
					    CERTIFICATE CERTIFICATE KEY("") };
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_sign_ins();

	(void)state;
	put("token", "t0ken\n", 0400);
	put("azure", "x.y.z", 0400);
	for (size_t i = 0; i < ARRAY_SIZE(pems); i++) {
		put("pem", pems[i], 0400);
		assert_int_equal(conf_load_secrets(c, &f), 0);
		print_faults(&f);
		assert_int_equal(f.n, 0);
	}
	assert_non_null(strstr(secret_peek(c->sources[0].client_secret.value),
			       "BEGIN CERTIFICATE"));
	assert_string_equal(secret_peek(c->sources[1].client_secret.value),
			    "t0ken");
	assert_null(c->sources[2].client_secret.value);
	assert_null(c->sources[3].client_secret.value);
}

static void tells_what_a_certificate_lacks(void **state)
{
	static const struct {
		const char *pem, *part;
	} rows[] = {
		{ "hunter2", "neither a certificate" },
		{ CERTIFICATE, "a certificate but no private key" },
		{ KEY(""), "a private key but no certificate" },
		{ CERTIFICATE KEY("EC "), "needs an RSA key" },
		{ CERTIFICATE KEY("ENCRYPTED "), "has a passphrase" },
	};

	(void)state;
	put("token", "t0ken\n", 0400);
	put("azure", "x.y.z", 0400);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = read_sign_ins();

		put("pem", rows[i].pem, 0400);
		assert_int_equal(conf_load_secrets(c, &f), ERR_CONF);
		assert_int_equal(f.n, 1);
		assert_true(has_fault(&f, 3, 0,
				      "sources.cert.client-certificate: "));
		assert_true(has_fault(&f, 3, 0, rows[i].part));
		assert_null(strstr(f.v[0].text, "hunter2"));
	}
}

/* The platform writes it anew all the time: its absence now is a warning. */
static void federated_token_may_come_later(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_sign_ins();

	(void)state;
	put("token", "t0ken\n", 0400);
	put("pem", CERTIFICATE KEY(""), 0400);
	assert_int_equal(conf_load_secrets(c, &f), 0);
	assert_int_equal(f.n, 1);
	assert_true(f.v[0].warning);
	assert_true(has_fault(&f, 6, 5, "sources.pod.federated-token-file: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fetches, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(tells_what_is_wrong, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(tells_what_is_missing, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(fetches_every_sign_in, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(tells_what_a_certificate_lacks,
						make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(federated_token_may_come_later,
						make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
