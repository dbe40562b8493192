/*
 * A moving window over a file: bytes come in at the end and are dealt with
 * from the front. It grows until it can hold one item of the largest size and
 * no further.
 */
#ifndef SOURCE_FILE_WINDOW_PRIV_H
#define SOURCE_FILE_WINDOW_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/jscan.h"

struct file_window {
	char *buf;
	size_t len, n_alloc;
	size_t pos; /* everything before is dealt with */
	uint64_t base; /* where in the file buf[0] is */
	bool eof;
	char **copies; /* see keep */
	size_t n_copies, n_copies_alloc;
};

void file_window_init(struct file_window *w);
void file_window_release(struct file_window *w);

/* Drops what is dealt with, and all copies; where the next bytes go, and how
 * many fit. */
char *file_window_room(struct file_window *w, size_t *ret_room);
/* @n bytes were put there; 0: the file has no more. */
void file_window_fed(struct file_window *w, size_t n);

/* A copy that lives as long as a span into the window: until the next room. */
struct span file_window_keep(struct file_window *w, struct span bytes);

/* What is not dealt with yet. */
struct span file_window_rest(const struct file_window *w);
/* May more bytes complete the value that stands here? */
bool file_window_can_wait(const struct file_window *w);
/* From byte @start of the file to here, as far as it is still in the window,
 * and no more of it than a quarantine keeps. */
struct span file_window_since(const struct file_window *w, uint64_t start);

#endif
