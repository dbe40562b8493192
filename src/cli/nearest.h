/* "did you mean": the nearest of some words. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

/*
 * The word of @words nearest to @typed, or NULL when none is near: at most
 * one slip in three letters, a swap of neighbours being one slip.
 */
const char *nearest_word(const char *typed, const char *const *words,
			 size_t n_words);

#endif
