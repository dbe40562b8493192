/* Why a name cannot be resolved: the one question the doctor sends out. */
#ifndef CLI_RESOLVE_H
#define CLI_RESOLVE_H

#include <stdint.h>
#include "util/strlist.h"

enum resolve {
	RESOLVE_FOUND, /* it has an address */
	RESOLVE_NONE, /* the name servers say there is no such name */
	RESOLVE_SILENT, /* no name server answers, or not in time */
};

/* Ask as every program of this machine does; at most @limit_ms. */
enum resolve resolve_look(const char *host, int64_t limit_ms);
/* The name servers of /etc/resolv.conf, as they stand there. */
void resolve_servers(struct strlist *ret);

#endif
