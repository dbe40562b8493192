/*
 * See dbwatch.h. Called by the commands that go on: top and watch. A commit
 * goes to the journal beside the file, so both are looked at.
 */
#include "cli/dbwatch.h"

#include "util/xmalloc.h"

static struct stat stat_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st : (struct stat){ 0 };
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

enum dbwatch_news dbwatch_look(struct dbwatch *w, const char *database_file)
{
	CLEANUP(free_ptr) char *log = xasprintf("%s-wal", database_file);
	struct dbwatch now = { stat_of(database_file), stat_of(log) };
	struct dbwatch before = *w;

	*w = now;
	if (before.file.st_ino && (now.file.st_ino != before.file.st_ino ||
				   now.file.st_dev != before.file.st_dev))
		return DBWATCH_REPLACED;
	return is_same(&now.file, &before.file) &&
			       is_same(&now.log, &before.log)
		       ? DBWATCH_SAME
		       : DBWATCH_CHANGED;
}
