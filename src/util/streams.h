/*
 * The three streams a program is born with. A shell or a service manager can
 * leave them closed: the next file, socket or database that is opened would
 * then be taken for standard output, and be written into.
 */
#ifndef UTIL_STREAMS_H
#define UTIL_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

/* Those that are closed become /dev/null. First thing in a main(). */
void streams_keep(void);
/*
 * Would a write of at most PIPE_BUF bytes to @fd return at once? A file always
 * does; a pipe, a socket and a terminal only while somebody reads.
 */
bool streams_has_room(int fd);

#endif
