/* Shared by fake_azure.c, azure_token.c and azure_pages.c. */
#ifndef FAKE_AZURE_PRIV_H
#define FAKE_AZURE_PRIV_H

#include "fake/estate.h"
#include "fake/web.h"

struct issued_token {
	unsigned long long serial;
	int64_t ends_mono_ms;
};

struct azure {
	struct estate *estate;
	bool tls;
	size_t page, subscription_page, repeat;
	bool shuffle;
	uint64_t n_listings;

	json_t *token; /* of the script, or NULL */
	struct issued_token *tokens;
	size_t n_tokens, n_tokens_alloc;
	unsigned long long last_serial;
	json_int_t n_token_requests, n_arm_requests;
};

void azure_arm_error(struct web_reply *reply, const char *name);

void azure_answer_token(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply);
/* Is it "Bearer" and a token we issued that has not ended? */
bool azure_token_is_good(const struct azure *a, const char *authorization);

void azure_answer_subscriptions(struct azure *a, const struct web_request *req,
				const json_t *effect, struct web_reply *reply);
void azure_answer_alerts(struct azure *a, size_t sub,
			 const struct web_request *req, const json_t *effect,
			 struct web_reply *reply);

#endif
