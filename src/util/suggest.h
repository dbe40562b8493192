/* "Did you mean ...?": the nearest of the words that are known. At most one
 * slip in three letters, a swap of neighbours being one slip. */
#ifndef UTIL_SUGGEST_H
#define UTIL_SUGGEST_H

#include <stddef.h>

/* Begin with word set, offer every word that is known, then read best. */
struct suggest {
	const char *word; /* borrowed */
	const char *best; /* borrowed; NULL: none is near enough */
	int distance;
};
void suggest_offer(struct suggest *s, const char *candidate);
/* The same over a list: the word meant, or NULL when none is near. */
const char *suggest_word(const char *typed, const char *const *words,
			 size_t n_words);
/* " (did you mean 'x'?)" or "", in @buf of SUGGEST_TEXT_MAX bytes. */
#define SUGGEST_TEXT_MAX 128
const char *suggest_text(const struct suggest *s, char *buf);

#endif
