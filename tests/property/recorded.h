/*
 * Alerts to be spoilt: those of the fuzzers' seeds and, where TRIAGED_SAMPLES
 * names a folder of recorded answers, every one in it.
 */
#ifndef TESTS_PROPERTY_RECORDED_H
#define TESTS_PROPERTY_RECORDED_H

#include <dirent.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/file_split_priv.h"
#include "source/normalize.h"
#include "util/xmalloc.h"

#define SAMPLES_MAX 512
#define SAMPLE_BYTES_MAX 20000

struct sample {
	enum door door;
	char *text;
	json_t *value;
	size_t n_members; /* at any depth */
};

static struct sample samples[SAMPLES_MAX];
static size_t n_samples;

static inline size_t count_members(const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t n = 0, i;

	json_object_foreach((json_t *)value, key, inner) n +=
		1 + count_members(inner);
	json_array_foreach(value, i, inner) n += count_members(inner);
	return n;
}

static inline enum door door_of(const struct alert *a)
{
	static const struct {
		const char *kind;
		enum door door;
	} doors[] = {
		{ ALERT_KIND_ARM, DOOR_ARM },
		{ ALERT_KIND_GRAPH, DOOR_GRAPH },
		{ ALERT_KIND_GRAPH_INCIDENT, DOOR_GRAPH },
		{ ALERT_KIND_CLOUD_APPS, DOOR_CLOUD_APPS },
		{ ALERT_KIND_BEHAVIOR, DOOR_BEHAVIOR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		if (strcmp(doors[i].kind, a->kind) == 0)
			return doors[i].door;
	return DOOR_ANY;
}

static inline void take_sample(struct span raw)
{
	struct item it = { 0 };
	struct sample *s = &samples[n_samples];

	alert_init(&it.alert);
	normalize_item(DOOR_ANY, "t", raw, &it);
	if (it.kind == ITEM_ALERT && raw.len <= SAMPLE_BYTES_MAX &&
	    n_samples < SAMPLES_MAX) {
		s->door = door_of(&it.alert);
		s->text = xstrndup(raw.p, raw.len);
		s->value = json_loadb(raw.p, raw.len, 0, NULL);
		s->n_members = count_members(s->value);
		n_samples += s->value != NULL;
	}
	alert_release(&it.alert);
}

static inline int take_file(const char *path, const struct stat *st, int type,
			    struct FTW *at)
{
	CLEANUP(file_split_free_ptr) struct file_split *s = NULL;
	const char *dot = strrchr(path, '.');
	struct split_found found;
	enum split what;
	FILE *f;

	(void)st, (void)at;
	if (type != FTW_F || !dot || strcmp(dot, ".json") != 0)
		return 0;
	f = fopen(path, "rb");
	assert_non_null(f);
	s = file_split_new();
	do {
		what = file_split_next(s, &found);
		if (what == SPLIT_ITEM)
			take_sample(found.raw);
		if (what == SPLIT_MORE) {
			size_t room;
			char *to = file_split_room(s, &room);

			file_split_fed(s, fread(to, 1, room, f));
		}
	} while (what != SPLIT_END && what != SPLIT_CUT);
	(void)fclose(f); /* was read only */
	return 0;
}

/* The fuzzers' seeds: a byte that chooses the door, and the item. */
static inline void take_seed(const char *name)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("tests/fuzz/seeds/alert/%s", name);
	char text[8192];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	(void)fclose(f); /* was read only */
	if (n > 1)
		take_sample((struct span){ text + 1, n - 1 });
}

static inline int by_text(const void *a, const void *b)
{
	return strcmp(((const struct sample *)a)->text,
		      ((const struct sample *)b)->text);
}

static inline void take_samples(void)
{
	const char *folder = getenv("TRIAGED_SAMPLES");
	DIR *d = opendir("tests/fuzz/seeds/alert");
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			take_seed(e->d_name);
	(void)closedir(d);
	if (folder && *folder)
		assert_int_equal(nftw(folder, take_file, 16, FTW_PHYS), 0);
	/* Folders have no order, and a seed is to mean the same again. */
	qsort(samples, n_samples, sizeof(*samples), by_text);
	assert_true(n_samples >= 5);
}

#endif
