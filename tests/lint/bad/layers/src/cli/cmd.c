/* The wire is the one thing of ctl/ that a command may know. */
#include "ctl/wire.h"
#include "ctl/server.h"
#include "daemon/app.h"
#include "store/sqlite/query.h"
