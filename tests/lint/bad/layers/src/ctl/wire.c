/* Used by triagectl. */
#include "ctl/wire.h"
#include "net/loop.h"
