/*
 * Remembers requests by their hashes: links are long, and a listing may have
 * thousands. Called by listing.c.
 *
 * tested with: test_listing
 */
#include "source/link_set_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

struct link_hash {
	uint8_t b[16];
};

bool link_set_add(struct link_set *s, const char *url, const char *body)
{
	CLEANUP(free_ptr)
	char *both = xasprintf("%s\n%s", url, body ? body : "");
	uint8_t sum[DIGEST_SIZE];
	struct link_hash hash;

	digest_sha256(both, strlen(both), sum);
	memcpy(hash.b, sum, sizeof(hash.b));
	for (size_t i = 0; i < s->n; i++) {
		if (memcmp(&s->v[i], &hash, sizeof(hash)) == 0)
			return false;
	}
	GROW(s->v, s->n + 1, s->n_alloc);
	s->v[s->n++] = hash;
	return true;
}

void link_set_release(struct link_set *s)
{
	free(s->v);
	*s = (struct link_set){ 0 };
}
