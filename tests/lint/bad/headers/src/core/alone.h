/* Brings what it needs. */
#ifndef CORE_ALONE_H
#define CORE_ALONE_H

#include <stddef.h>

size_t alone(void);

#endif
