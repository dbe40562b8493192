/*
 * Preloaded into triaged by bench_ingest.py: counts the alerts that are built
 * as values of jansson, and says so at the end in the file that COUNT_PARSES
 * names. So the program measured is the program shipped. An alert of the fake
 * has the member systemAlertId once.
 */
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long n_parses;

int json_object_setn_new_nocheck(json_t *object, const char *key, size_t len,
				 json_t *value)
{
	static const char name[] = "systemAlertId";
	static __typeof__(&json_object_setn_new_nocheck) real;

	if (!real)
		*(void **)&real =
			dlsym(RTLD_NEXT, "json_object_setn_new_nocheck");
	n_parses += len == strlen(name) && memcmp(key, name, len) == 0;
	return real(object, key, len, value);
}

__attribute__((destructor)) static void say(void)
{
	const char *path = getenv("COUNT_PARSES");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	(void)fprintf(out, "%ld\n", n_parses);
	(void)fclose(out);
}
