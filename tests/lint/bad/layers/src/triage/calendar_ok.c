/* Nothing to say here. */
#include "triage/calendar.h"
#include <libical/ical.h>
#include <sys/stat.h>
#include "util/err.h"
