/* See scratch.h. Called by whoever works on a copy. */
#include "util/scratch.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

void scratch_remove(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name,
				       0); /* best effort */
	if (d)
		(void)closedir(d);
	(void)rmdir(path); /* best effort */
}
