/* A time in which triaged did not run, half-open. */
#ifndef CORE_PAUSE_H
#define CORE_PAUSE_H

#include <stdint.h>

struct pause {
	int64_t from_ms, to_ms;
};

#endif
