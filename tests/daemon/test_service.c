/* systemd is told, and never waited for. */
#include "daemon/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* More than any queue of datagrams holds. */
#define MANY 100000

static int receiver = -1;
static char path[64];

/* @name as in NOTIFY_SOCKET. */
static void listen_at(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    strlen(name));

	memcpy(a.sun_path, name, strlen(name));
	if (*name == '@')
		a.sun_path[0] = '\0';
	receiver =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(receiver >= 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&a, len), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/notify-test-%ld",
		       (long)getpid());
	listen_at(path);
	/* Who waits for room waits for ever. */
	alarm(30);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	alarm(0);
	close(receiver);
	unlink(path);
	return unsetenv("NOTIFY_SOCKET");
}

/* The next message; "" none. */
static const char *heard(void)
{
	static char text[256];
	ssize_t n = recv(receiver, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void fill(void)
{
	int n = 0;

	while (n < MANY && service_watchdog())
		n++;
	assert_in_range(n, 1, MANY - 1);
}

static void drain(void)
{
	while (*heard())
		;
}

static void test_told(void **state)
{
	(void)state;
	assert_true(service_is_heard());
	service_ready();
	assert_string_equal(heard(), "READY=1");
	service_status("all is well 100 %s");
	assert_string_equal(heard(), "STATUS=all is well 100 %s");
	assert_true(service_watchdog());
	assert_string_equal(heard(), "WATCHDOG=1");
	service_extend(3000);
	assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=3000000");
	service_reloading();
	assert_memory_equal(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27);
	service_stopping();
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping");
}

static void test_nobody_reads(void **state)
{
	(void)state;
	fill();
	service_status("lost");
	service_reloading();
	service_ready();
	assert_false(service_watchdog());
	drain();
	/* The last state goes before what comes next, once. */
	service_status("well");
	assert_string_equal(heard(), "READY=1\nSTATUS=well");
	assert_true(service_watchdog());
	assert_string_equal(heard(), "WATCHDOG=1");

	fill();
	service_ready();
	drain();
	service_stopping();
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping");
	assert_true(service_watchdog());
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void test_abstract(void **state)
{
	char name[64];

	(void)state;
	close(receiver);
	(void)snprintf(name, sizeof(name), "@notify-test-%ld", (long)getpid());
	listen_at(name);
	service_ready();
	assert_string_equal(heard(), "READY=1");
}

static void test_nobody_there(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	service_ready();
	assert_true(service_watchdog());
	assert_int_equal(setenv("NOTIFY_SOCKET", "nonsense", 1), 0);
	assert_true(service_watchdog());
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_false(service_is_heard());
	service_ready();
	assert_true(service_watchdog());
	assert_string_equal(heard(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_reads, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_abstract, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_there, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
