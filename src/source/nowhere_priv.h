/* An ingest door that leads nowhere, for listings that are no polls of alerts.
 */
#ifndef SOURCE_NOWHERE_PRIV_H
#define SOURCE_NOWHERE_PRIV_H

#include "core/ingest.h"

/* Nothing is kept, and nothing fails. */
extern const struct ingest nowhere;

#endif
