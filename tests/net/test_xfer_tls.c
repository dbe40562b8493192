/*
 * net/xfer against openssl s_server: which certificates are believed, and what
 * is said about the others (faults C15).
 *
 * Battery: C15.
 */
#include "net/xfer_fixture.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

struct tls {
	char dir[64], good[96], other[96], expired[96], key[96];
	pid_t pid;
	int port;
};

static struct tls tls;

static bool sign_certificate(const char *file, const char *name,
			     const char *life)
{
	char command[768];

	snprintf(command, sizeof(command),
		 "{ openssl req -new -key %s -subj /CN=test "
		 "-addext subjectAltName=%s | openssl x509 -req -signkey %s "
		 "-copy_extensions copy %s -out %s; } 2>/dev/null",
		 tls.key, name, tls.key, life, file);
	return system(command) == 0;
}

static void make_certificate(const char *file, const char *name,
			     const char *life)
{
	if (!sign_certificate(file, name, life))
		fail_msg("is openssl there? %s could not be made", file);
}

/* OpenSSL 3.5 refuses days below 0, and 3.0 knows no dates. */
static void make_expired_certificate(const char *file, const char *name)
{
	if (!sign_certificate(file, name, "-days -1"))
		make_certificate(file, name,
				 "-not_before 20200101000000Z "
				 "-not_after 20200201000000Z");
}

static int group_setup(void **state)
{
	char command[256];

	(void)state;
	snprintf(tls.dir, sizeof(tls.dir), "%s", "/tmp/triaged-tls-XXXXXX");
	if (!mkdtemp(tls.dir))
		return -1;
	snprintf(tls.key, sizeof(tls.key), "%s/key.pem", tls.dir);
	snprintf(tls.good, sizeof(tls.good), "%s/good.pem", tls.dir);
	snprintf(tls.other, sizeof(tls.other), "%s/other.pem", tls.dir);
	snprintf(tls.expired, sizeof(tls.expired), "%s/expired.pem", tls.dir);
	snprintf(command, sizeof(command),
		 "openssl ecparam -name prime256v1 -genkey -noout -out %s",
		 tls.key);
	if (system(command) != 0)
		return -1;
	make_certificate(tls.good, "IP:127.0.0.1", "-days 2");
	make_certificate(tls.other, "DNS:elsewhere.example", "-days 2");
	make_expired_certificate(tls.expired, "IP:127.0.0.1");
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(tls.key);
	unlink(tls.good);
	unlink(tls.other);
	unlink(tls.expired);
	return rmdir(tls.dir);
}

/* Start one, and wait for the line that names its port. */
static void server_start(const char *certificate, const char *version)
{
	const char *argv[] = { "openssl",
			       "s_server",
			       "-accept",
			       "127.0.0.1:0",
			       "-cert",
			       certificate,
			       "-key",
			       tls.key,
			       "-www",
			       "-cipher",
			       "DEFAULT:@SECLEVEL=0",
			       version,
			       NULL };
	posix_spawn_file_actions_t actions;
	char line[256];
	int fds[2];
	FILE *out;

	assert_int_equal(pipe(fds), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	assert_int_equal(posix_spawnp(&tls.pid, "openssl", &actions, NULL,
				      (char *const *)(uintptr_t)argv, environ),
			 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	out = fdopen(fds[0], "r");
	tls.port = 0;
	while (!tls.port && fgets(line, sizeof(line), out))
		(void)sscanf(line, "ACCEPT 127.0.0.1:%d", &tls.port);
	fclose(out);
	assert_true(tls.port > 0);
}

static void server_stop(void)
{
	kill(tls.pid, SIGKILL);
	waitpid(tls.pid, NULL, 0);
}

static void ask(struct fixture *f, const char *ca_file)
{
	static const char *const headers[] = { "Authorization: Bearer SECRET",
					       NULL };
	struct xfer_request r = request_of(f);

	snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%d/SECRET",
		 tls.port);
	r.ca_file = ca_file;
	r.headers = headers;
	run(f, &r);
}

static void assert_refused(struct fixture *f, const char *says)
{
	assert_int_equal(f->reply.err.code, ERR_NET);
	assert_int_equal(f->reply.status, 0);
	assert_has(f->reply.err.text, says);
}

static void test_private_ca(void **state)
{
	struct fixture *f = *state;

	server_start(tls.good, "-tls1_2");
	ask(f, tls.good);
	assert_int_equal(f->reply.err.code, 0);
	assert_int_equal(f->reply.status, 200);
	assert_true(f->reply.unframed); /* s_server answers in HTTP/1.0 */
	ask(f, NULL);
	assert_refused(f, "certificate of 127.0.0.1 is not trusted: "
			  "self-signed certificate");
	assert_has(f->reply.err.text, ", issued by CN=test (");
	assert_has(f->reply.err.text, "ca-file");
	ask(f, tls.other);
	assert_refused(f, "is not trusted");
	assert_has(f->reply.err.text, tls.other);
	server_stop();
}

static void test_wrong_name(void **state)
{
	struct fixture *f = *state;

	server_start(tls.other, "-tls1_3");
	ask(f, tls.other);
	assert_refused(f, "certificate of 127.0.0.1 is not trusted");
	server_stop();
}

static void test_expired(void **state)
{
	struct fixture *f = *state;

	server_start(tls.expired, "-tls1_3");
	ask(f, tls.expired);
	assert_refused(f, "certificate has expired");
	server_stop();
}

static void test_old_tls(void **state)
{
	struct fixture *f = *state;

	server_start(tls.good, "-tls1_1");
	ask(f, tls.good);
	assert_refused(f, "no TLS 1.2 or later with 127.0.0.1");
	server_stop();
}

static void test_no_tls(void **state)
{
	struct fixture *f = *state;

	peer_say(&f->peer, "HTTP/1.1 200 OK\r\n\r\n", PEER_CLOSE);
	tls.port = f->peer.port;
	/* The hello is no HTTP request: answered at once. */
	f->peer.eager = true;
	ask(f, NULL);
	assert_refused(f, "check that it speaks TLS on this port");
}

static void test_unreadable_ca_file(void **state)
{
	struct fixture *f = *state;

	tls.port = f->peer.port;
	ask(f, "/nonexistent/ca.pem");
	assert_int_equal(f->reply.err.code, ERR_CONF);
	assert_has(f->reply.err.text, "/nonexistent/ca.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_private_ca), TEST(test_wrong_name),
		TEST(test_expired),    TEST(test_old_tls),
		TEST(test_no_tls),     TEST(test_unreadable_ca_file),
	};

	alarm(120);
	return cmocka_run_group_tests_name("xfer_tls", tests, group_setup,
					   group_teardown);
}
