/* By which names the status page may be asked for. */
#ifndef DAEMON_PAGE_HOST_H
#define DAEMON_PAGE_HOST_H

#include <stdbool.h>
#include "conf/conf.h"

/*
 * Is @host (of the request, with its port; "" none) a name of loopback, or the
 * one of public-url? On a Unix socket every name is right. A page of a stranger
 * can give its own name our address and then read what the browser gets.
 */
bool page_host_is_ours(const struct conf *c, const char *host);

#endif
