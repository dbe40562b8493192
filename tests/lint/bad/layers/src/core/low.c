/* A noun that knows what is above it. */
#include "core/low.h"

#include <jansson.h>
#include "store/outbox.h"
#include "low.h"
