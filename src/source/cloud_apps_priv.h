/* What the readers of the Cloud Apps portal share: words about refusals. */
#ifndef SOURCE_CLOUD_APPS_PRIV_H
#define SOURCE_CLOUD_APPS_PRIV_H

#include <stdbool.h>

/* What an operator does about a 403; @legacy: a token a person made. */
const char *cloud_apps_needs(bool legacy);
/* What is said behind a 401 for a new token. */
const char *cloud_apps_refused(bool legacy);

#endif
