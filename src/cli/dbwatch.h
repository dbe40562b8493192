/* Has somebody written to the database, or put another file in its place? Told
 * from the files alone, without opening them. */
#ifndef CLI_DBWATCH_H
#define CLI_DBWATCH_H

#include <stdbool.h>
#include <sys/stat.h>

enum dbwatch_news {
	DBWATCH_SAME,
	DBWATCH_CHANGED,
	DBWATCH_REPLACED, /* another file than at the last look */
};

struct dbwatch {
	struct stat file, log; /* as of the last look; zero: none */
};

/* Since the last look; the first one says CHANGED. */
enum dbwatch_news dbwatch_look(struct dbwatch *w, const char *database_file);

#endif
