/*
 * All fuzz targets over the inputs that are kept, without libFuzzer: what broke
 * one once (regressions/NAME) and where its search begins (seeds/NAME), in
 *every kind of build. `make unit` runs it; an argument names one target:
 *
 *	replay conf FILE...	these inputs alone
 */
#include "fuzz/fuzz.h"

#include <dirent.h>

#define TARGETS_MAX 64

static struct {
	const char *name;
	fuzz_fn *fn;
} targets[TARGETS_MAX];
static size_t n_targets;

void replay_add(const char *name, fuzz_fn *fn)
{
	must(n_targets < TARGETS_MAX);
	targets[n_targets].name = name;
	targets[n_targets++].fn = fn;
}

/* A copy of the exact size, so that a sanitizer sees a byte too far. */
static void replay_file(fuzz_fn *fn, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	must(f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0);
	rewind(f);
	data = xmalloc(size > 0 ? (size_t)size : 1);
	must(fread(data, 1, (size_t)size, f) == (size_t)size);
	(void)fclose(f); /* was read only */
	(void)fn(data, (size_t)size);
	free(data);
}

static size_t replay_folder(size_t i, const char *kind)
{
	CLEANUP(free_ptr)
	char *folder = xasprintf("tests/fuzz/%s/%s", kind, targets[i].name);
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d))) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/%s", folder, e->d_name);

		if (e->d_name[0] == '.')
			continue;
		fprintf(stderr, "%s\n", path);
		replay_file(targets[i].fn, path);
		n++;
	}
	if (d)
		(void)closedir(d);
	return n;
}

static int replay_named(const char *name, char **paths)
{
	for (size_t i = 0; i < n_targets; i++) {
		if (strcmp(targets[i].name, name) != 0)
			continue;
		for (; *paths; paths++)
			replay_file(targets[i].fn, *paths);
		return 0;
	}
	fprintf(stderr, "no fuzz target is named %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return replay_named(argv[1], argv + 2);
	for (size_t i = 0; i < n_targets; i++) {
		size_t n_seeds = replay_folder(i, "seeds");
		size_t n_kept = replay_folder(i, "regressions");

		if (n_seeds == 0) {
			fprintf(stderr, "%s has no seeds\n", targets[i].name);
			return 1;
		}
		printf("%s: %zu inputs\n", targets[i].name, n_seeds + n_kept);
	}
	return n_targets > 0 ? 0 : 1;
}
