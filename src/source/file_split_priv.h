/*
 * A file of unknown make, cut into alerts while it streams through a window:
 * a page of any of the APIs, a bare array, one object, JSON lines, values one
 * after another, and all of these wrapped in something else (published
 * examples, recorded traffic, incidents). Memory does not grow with the file.
 *
 * Life: new; then next until it says SPLIT_MORE, room and fed, and so on.
 * Spans handed out are valid until the next room().
 */
#ifndef SOURCE_FILE_SPLIT_PRIV_H
#define SOURCE_FILE_SPLIT_PRIV_H

#include <stddef.h>
#include "util/compiler.h"
#include "util/jscan.h"

enum split {
	SPLIT_ITEM, /* an object that looks like an alert */
	SPLIT_BAD, /* something that must not pass in silence; see reason */
	SPLIT_MORE, /* nothing to say before more bytes are fed */
	SPLIT_PAUSE, /* long at work: give others a turn, then ask again */
	SPLIT_END, /* the file is done */
	SPLIT_CUT, /* the file ends inside a value: it is still being written */
};

struct split_found {
	struct span raw; /* of a BAD: at most its beginning */
	char reason[160]; /* of a BAD */
};

struct file_split;

struct file_split *file_split_new(void);
struct file_split *file_split_free(struct file_split *s); /* returns NULL */
void file_split_free_ptr(struct file_split **s);

enum split file_split_next(struct file_split *s,
			   struct split_found *ret) must_check;
/* Where the next bytes go, and how many fit (never 0). */
char *file_split_room(struct file_split *s, size_t *ret_room);
/* @n bytes were put there; 0: the file has no more. */
void file_split_fed(struct file_split *s, size_t n);

#endif
