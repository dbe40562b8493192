/*
 * A daemon that follows a next link wherever it leads, with its token.
 *
 * Breaks: I7 by xfer_same_origin.
 */
#include "net/xfer.h"

bool __wrap_xfer_same_origin(const char *url, const char *base);

bool __wrap_xfer_same_origin(const char *url, const char *base)
{
	return url && base;
}
