/*
 * Strangers' words in the log: whatever they are, an event is one line of text
 * in which each value ends where it should. The first zero byte divides two
 * values.
 */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>
#include "util/log.h"

/* What the event writes to standard error. */
static size_t write_event(const char *one, const char *two, char *line,
			  size_t size)
{
	int to = memfd_create("log", MFD_CLOEXEC);
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	log_init(LOG_SINK_STDERR, false);
	must(dup2(to, STDERR_FILENO) == STDERR_FILENO);
	log_event(LOG_WARNING, NULL, "something happened", kv_str("ONE", one),
		  kv_int("NUMBER", 7), kv_str("TWO", two));
	must(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
	n = pread(to, line, size - 1, 0);
	close(saved);
	close(to);
	must(n > 0);
	line[n] = '\0';
	return (size_t)n;
}

/* Behind " name=VALUE", which is quoted or has no blank in it. */
static const char *over_value(const char *p, const char *name)
{
	size_t n = strlen(name);

	must(strncmp(p, name, n) == 0);
	p += n;
	if (*p != '"')
		return p + strcspn(p, " \n");
	for (p++; *p != '"'; p++) {
		must(*p && *p != '\n');
		p += *p == '\\';
	}
	return p + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	CLEANUP(free_ptr) char *one = feed_text(&f);
	CLEANUP(free_ptr) char *two = feed_text(&f);
	char line[8192];
	size_t len = write_event(one, two, line, sizeof(line));
	const char *p = strstr(line, "something happened");

	must(strlen(line) == len && line[len - 1] == '\n');
	must(utf8_valid(line, len));
	for (size_t i = 0; i + 1 < len; i++)
		must((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
	must(p);
	p = over_value(p + strlen("something happened"), " one=");
	p = over_value(p, " number=7");
	p = over_value(p, " two=");
	must(strcmp(p, "\n") == 0);
	return 0;
}
