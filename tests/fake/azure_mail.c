/*
 * Mail of the fake cloud: POST /v1.0/users/{mailbox}/sendMail with MIME content
 * ("user: sendMail"). Called by azure_graph.c, which has checked the token.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>

#include "util/digest.h"
#include "util/xmalloc.h"

/* The mailbox (heap); NULL: another path. */
static char *mailbox_of(const char *path)
{
	static const char before[] = "/v1.0/users/", after[] = "/sendMail";
	size_t len = strlen(path), head = strlen(before), tail = strlen(after);

	if (len <= head + tail || strncmp(path, before, head) != 0 ||
	    strcmp(path + len - tail, after) != 0)
		return NULL;
	return xstrndup(path + head, len - head - tail);
}

bool azure_answer_mail(struct azure *a, const struct web_request *req,
		       struct web_reply *reply)
{
	CLEANUP(free_ptr) char *mailbox = mailbox_of(req->path);
	CLEANUP(free_ptr) uint8_t *bytes = NULL;
	const char *type = web_header(req, "content-type");
	size_t len;

	if (!mailbox || strcmp(req->method, "POST") != 0)
		return false;
	if (!type || strcmp(type, "text/plain") != 0 ||
	    digest_unbase64(req->body, &bytes, &len) < 0) {
		azure_graph_error(reply, "no-mime");
		return true;
	}
	if (!a->mails)
		a->mails = json_array();
	json_array_append_new(a->mails,
			      json_pack("{s:s, s:s%}", "mailbox", mailbox,
					"text", (char *)bytes, len));
	reply->status = 202;
	return true;
}
