/* "Did you mean ...?": the nearest of the words that are known. */
#ifndef UTIL_SUGGEST_H
#define UTIL_SUGGEST_H

/* Begin with word set, offer every word that is known, then read best. */
struct suggest {
	const char *word; /* borrowed */
	const char *best; /* borrowed; NULL: none is near enough */
	int distance;
};
void suggest_offer(struct suggest *s, const char *candidate);
/* " (did you mean 'x'?)" or "", in @buf of SUGGEST_TEXT_MAX bytes. */
#define SUGGEST_TEXT_MAX 128
const char *suggest_text(const struct suggest *s, char *buf);

#endif
