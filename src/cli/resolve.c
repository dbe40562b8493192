/*
 * A name once more, with the resolver's own reason: libcurl gives one word for
 * a name that does not exist and for name servers that are dead, and they are
 * mended by different people. Called by the doctor.
 *
 * tested with: scenario/test_doctor
 */
#include "cli/resolve.h"

#include <netdb.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "util/compiler.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define SERVERS_MAX 3 /* resolv.conf(5): the rest is not used */
#define LINE_BYTES 512
#define FILE_NAME "/etc/resolv.conf"

static enum resolve meaning_of(int code)
{
	switch (code) {
	case 0:
		return RESOLVE_FOUND;
	case EAI_NONAME:
	case EAI_NODATA:
		return RESOLVE_NONE;
	default:
		return RESOLVE_SILENT;
	}
}

/*
 * The resolver keeps its own time, which may be half a minute, in a thread of
 * its own; who waits no longer leaves it the request, so that one is not freed.
 */
enum resolve resolve_look(const char *host, int64_t limit_ms)
{
	static const struct addrinfo kind = { .ai_socktype = SOCK_STREAM };
	const struct timespec limit = { .tv_sec = limit_ms / 1000,
					.tv_nsec = limit_ms % 1000 * 1000000 };
	struct gaicb *ask = xcalloc(1, sizeof(*ask));
	enum resolve found;
	int rc;

	ask->ar_name = xstrdup(host);
	ask->ar_request = &kind;
	rc = getaddrinfo_a(GAI_NOWAIT, &ask, 1, NULL);
	while (rc == 0 && gai_error(ask) == EAI_INPROGRESS)
		if (gai_suspend((const struct gaicb *const *)&ask, 1, &limit) ==
		    EAI_AGAIN)
			break;
	if (rc == 0 && gai_error(ask) == EAI_INPROGRESS)
		return RESOLVE_SILENT;
	found = meaning_of(rc == 0 ? gai_error(ask) : rc);
	if (ask->ar_result)
		freeaddrinfo(ask->ar_result);
	free((char *)ask->ar_name);
	free(ask);
	return found;
}

void resolve_servers(struct strlist *ret)
{
	static const char word[] = "nameserver";
	char line[LINE_BYTES];
	FILE *file = fopen(FILE_NAME, "re");

	while (file && ret->n < SERVERS_MAX &&
	       fgets(line, sizeof(line), file)) {
		CLEANUP(free_ptr) char *address = NULL;
		const char *p = line + strlen(word);

		if (strncmp(line, word, strlen(word)) != 0)
			continue;
		p += strspn(p, " \t");
		address = xstrndup(p, strspn(p, "0123456789abcdefABCDEF:.%"));
		if (*address)
			strlist_add(ret, address);
	}
	if (file)
		fclose(file);
}
