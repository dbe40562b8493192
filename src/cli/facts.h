/* What a database file holds, as backup and restore tell it. */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include "cli/writer.h"
#include "store/backup.h"

/* Members of the present object. */
void facts_say_json(struct writer *w, const struct store_facts *f);
/* A line for each. */
void facts_say_people(struct writer *w, const struct store_facts *f);

#endif
