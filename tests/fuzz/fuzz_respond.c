/*
 * A response: names out of alerts in the requests that change something, and
 * what a service says to them. The first three bytes choose door, action and
 * status; up to a zero byte follows the name, then the body. A request goes
 * where it is meant to, to the one subject and no other path, and its answer is
 * told in one clean line.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include "net/xfer.h"
#include "respond/answer.h"
#include "respond/call_priv.h"
#include "util/jscan.h"

#define BASE "https://api.example.com"

static const long statuses[] = { 200, 202, 204, 400, 401, 403,
				 404, 409, 412, 429, 500, 0 };

/* How many slashes there are before the query. */
static size_t count_segments(const char *url)
{
	size_t n = 0, end = strcspn(url, "?#");

	for (size_t i = 0; i < end; i++)
		n += url[i] == '/';
	return n;
}

/* Would curl, or somebody behind it, shorten this path? */
static bool has_dots(const char *url)
{
	size_t end = strcspn(url, "?#");

	for (const char *p = url; p < url + end; p++) {
		size_t n = strcspn(p + 1, "/?#");

		if (*p == '/' && ((n == 1 && p[1] == '.') ||
				  (n == 2 && p[1] == '.' && p[2] == '.')))
			return true;
	}
	return false;
}

static void check_call(const struct respond_place *p, const struct response *r,
		       const struct respond_call *c)
{
	struct respond_place plain = *p;
	json_t *body;

	must(c->method && xfer_same_origin(c->url, BASE));
	must(strncmp(c->url, BASE "/", strlen(BASE) + 1) == 0);
	must(!has_dots(c->url));
	for (const char *s = c->url; *s; s++)
		must(*s > ' ' && *s < 0x7f && !strchr("<>\"\\^`{|}#", *s));
	if (c->body) {
		body = json_loads(c->body, JSON_REJECT_DUPLICATES, NULL);
		must(json_is_object(body));
		json_decref(body);
	}
	if (p->door == RESPOND_ARM_ALERTS)
		return;
	/* The name is one segment, whatever it is. */
	for (int step = RESPOND_LOOK; step <= RESPOND_CHANGE; step++) {
		struct respond_call one = { 0 }, two = { 0 };

		plain.id = "x";
		if (respond_call_make(p, r, (enum respond_step)step, &one,
				      NULL) == 0 &&
		    respond_call_make(&plain, r, (enum respond_step)step, &two,
				      NULL) == 0)
			must(count_segments(one.url) ==
			     count_segments(two.url));
		respond_call_release(&one);
		respond_call_release(&two);
	}
}

static void check_answer(const struct respond_place *p,
			 const struct response *r, enum respond_step step,
			 long status, struct span body)
{
	const struct err none = { ERR_NET, "connection reset" };
	const struct respond_reply reply = { .step = step,
					     .status = status,
					     .err = status ? NULL : &none,
					     .body = body.p ? body.p : "",
					     .len = body.len,
					     .retry_after_ms = 7000 };
	struct respond_answer answer = { 0 };
	struct respond_seen seen = { 0 };

	respond_read(p, r, &reply, step == RESPOND_LOOK ? &seen : NULL,
		     &answer);
	must(answer.text[0] &&
	     is_clean(answer.text, sizeof(answer.text), UTF8_LINE));
	must(answer.wait_ms >= 0);
	must(answer.outcome != RESPOND_OK || status / 100 == 2 ||
	     step == RESPOND_CHANGE);
	for (size_t i = 0; i < seen.names.n; i++)
		must(is_clean(seen.names.v[i], SIZE_MAX, UTF8_LINE));
	respond_seen_release(&seen);
}

static void check_arm_id(struct span raw)
{
	char *id = NULL;
	struct err err = ERR_INIT;
	int rc = respond_arm_id(raw.p ? raw.p : "", raw.len, &id, &err);

	must((rc == 0) == (id != NULL) && (rc == 0 || is_said(rc, &err)));
	must(!id || (call_is_arm_id(id) && !has_dots(id)));
	free(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	enum respond_door door =
		(enum respond_door)(feed_byte(&f) % RESPOND_DOOR_MAX);
	enum response_action action =
		(enum response_action)(feed_byte(&f) % RESPONSE_ACTION_MAX);
	long status = statuses[feed_byte(&f) % ARRAY_SIZE(statuses)];
	CLEANUP(free_ptr) char *id = feed_text(&f);
	const struct respond_place p = { door, BASE, id, "app-1" };
	const struct response r = { .action = action, .subject = id };
	struct span body = { (const char *)f.p, f.left };

	check_arm_id(body);
	if (respond_can(door, action, r.verdict, NULL) < 0)
		return 0;
	for (int step = RESPOND_LOOK; step <= RESPOND_CHANGE; step++) {
		struct respond_call c = { 0 };
		struct err err = ERR_INIT;
		int rc = respond_call_make(&p, &r, (enum respond_step)step, &c,
					   &err);

		if (rc == 0)
			check_call(&p, &r, &c);
		else
			must(is_said(rc, &err) && !c.url);
		/* Nobody answers what was not asked. */
		if (rc == 0)
			check_answer(&p, &r, (enum respond_step)step, status,
				     body);
		respond_call_release(&c);
	}
	return 0;
}
