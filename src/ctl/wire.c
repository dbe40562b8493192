/*
 * Frames of the control protocol to records and back. Called by ctl/server on
 * text from any local user, and by cli/client on the daemon's answers. Knows
 * no socket and no event loop: triagectl links this file.
 */
#include "ctl/wire.h"

#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define WIRE_WORD_MAX 64
#define WIRE_TEXT_MAX 4000

/*
 * Is @frame nested deeper than CTL_DEPTH_MAX? jansson's own limit is 2,048,
 * deep enough to cost memory and stack; so brackets outside strings are
 * counted before it sees the text. Whether they match is jansson's business.
 */
static bool wire_is_deep(const char *frame, size_t len)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = frame[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > CTL_DEPTH_MAX)
			return true;
	}
	return false;
}

/*
 * The text jansson writes into its error repeats pieces of the input, which
 * may be control characters; so it is replaced by words of our own.
 */
static int wire_refuse(const json_error_t *error, struct err *err)
{
	if (json_error_code(error) == json_error_duplicate_key)
		return err_set(err, ERR_SCHEMA,
			       "a key stands twice in one object");
	if (json_error_code(error) == json_error_invalid_utf8)
		return err_set(err, ERR_SCHEMA, "the frame is not UTF-8");
	return err_set(err, ERR_SCHEMA, "the frame is not JSON, at byte %d",
		       error->position);
}

/* The object a frame consists of, of our version, and its id. NULL refused. */
static json_t *wire_load(const char *frame, size_t len, size_t max,
			 int64_t *ret_id, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *version, *id;
	json_error_t error;

	if (len > max) {
		err_set(err, ERR_LIMIT,
			"the frame has %zu bytes, at most %zu are allowed", len,
			max);
		return NULL;
	}
	if (wire_is_deep(frame, len)) {
		err_set(err, ERR_LIMIT, "more than %d brackets in each other",
			CTL_DEPTH_MAX);
		return NULL;
	}
	root = json_loadb(frame, len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		wire_refuse(&error, err);
		return NULL;
	}
	version = json_object_get(root, "v");
	if (!json_is_integer(version)) {
		err_set(err, ERR_SCHEMA,
			"\"v\" must be %d, the version of the control "
			"protocol spoken here",
			CTL_VERSION);
		return NULL;
	}
	if (json_integer_value(version) != CTL_VERSION) {
		err_set(err, ERR_SCHEMA,
			"version %lld of the control protocol is not spoken "
			"here, but %d: triaged and triagectl must be of the "
			"same release, and triaged restarted after an upgrade",
			(long long)json_integer_value(version), CTL_VERSION);
		return NULL;
	}
	id = json_object_get(root, "id");
	if (!json_is_integer(id) || json_integer_value(id) < 0) {
		err_set(err, ERR_SCHEMA, "\"id\" must be a number from 0");
		return NULL;
	}
	*ret_id = json_integer_value(id);
	return take(root);
}

/* A verb or code: lower-case words joined by hyphens. */
static const char *wire_word(const json_t *root, const char *key,
			     struct err *err)
{
	const char *word = json_string_value(json_object_get(root, key));

	if (word && *word && strlen(word) <= WIRE_WORD_MAX &&
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyz-")] == '\0')
		return word;
	err_set(err, ERR_SCHEMA, "\"%s\" must be a lower-case word", key);
	return NULL;
}

int wire_parse_request(const char *frame, size_t len, struct wire_request *ret,
		       struct err *err)
{
	CLEANUP(jsonx_unref) json_t *root = NULL;
	json_t *args;
	const char *verb;
	int64_t id;
	struct err why = ERR_INIT;

	root = wire_load(frame, len, CTL_FRAME_MAX, &id, &why);
	verb = root ? wire_word(root, "verb", &why) : NULL;
	if (!verb)
		return err_set(err, why.code, "%s", why.text);
	args = json_object_get(root, "args");
	if (args && !json_is_object(args))
		return err_set(err, ERR_SCHEMA, "\"args\" must be an object");
	args = args ? json_incref(args) : json_object();
	if (!args)
		return err_set(err, ERR_LIMIT, "out of memory");
	ret->id = id;
	ret->verb = xstrdup(verb);
	ret->args = args;
	return 0;
}

int wire_parse_answer(const char *frame, size_t len, struct wire_answer *ret,
		      struct err *err)
{
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *text;
	json_t *data;
	const char *code;
	int64_t id;
	struct err why = ERR_INIT;

	root = wire_load(frame, len, CTL_ANSWER_MAX, &id, &why);
	code = root ? wire_word(root, "code", &why) : NULL;
	if (!code)
		return err_set(err, why.code, "%s", why.text);
	text = json_object_get(root, "text");
	if (text && !json_is_string(text))
		return err_set(err, ERR_SCHEMA, "\"text\" must be a string");
	data = json_object_get(root, "data");
	if (data && !json_is_object(data))
		return err_set(err, ERR_SCHEMA, "\"data\" must be an object");
	ret->id = id;
	ret->code = xstrdup(code);
	ret->text = utf8_clean_dup(json_string_value(text), WIRE_TEXT_MAX,
				   UTF8_KEEP_NEWLINES);
	ret->data = json_incref(data);
	return 0;
}

/* Append @root as one line and drop it. False: nothing was appended. */
static bool wire_dump(json_t *root, size_t max, struct strbuf *out)
{
	CLEANUP(free_ptr) char *text = NULL;
	bool fits;

	if (root)
		text = jsonx_dump(root);
	json_decref(root);
	fits = text && strlen(text) <= max;
	if (fits)
		strbuf_addstr(out, text);
	return fits;
}

int wire_format_request(const struct wire_request *r, struct strbuf *out,
			struct err *err)
{
	json_t *root =
		json_pack("{s:i, s:I, s:s, s:O*}", "v", CTL_VERSION, "id",
			  (json_int_t)r->id, "verb", r->verb, "args", r->args);

	if (wire_dump(root, CTL_FRAME_MAX, out))
		return 0;
	return err_set(err, ERR_CONF,
		       "what was typed is longer than the daemon takes in one "
		       "request (%d KiB)",
		       CTL_FRAME_MAX / 1024);
}

void wire_format_answer(const struct wire_answer *a, struct strbuf *out)
{
	CLEANUP(free_ptr) char *text = NULL;
	json_t *root;

	text = utf8_clean_dup(a->text, WIRE_TEXT_MAX, UTF8_KEEP_NEWLINES);
	root = json_pack("{s:i, s:I, s:s, s:s*, s:O*}", "v", CTL_VERSION, "id",
			 (json_int_t)a->id, "code", a->code, "text", text,
			 "data", a->data);
	if (!wire_dump(root, CTL_ANSWER_MAX, out))
		strbuf_addf(out,
			    "{\"v\":%d,\"id\":%lld,\"code\":\"" CTL_FAILED
			    "\",\"text\":\"the answer is too large to send\"}",
			    CTL_VERSION, (long long)a->id);
}

void wire_request_release(struct wire_request *r)
{
	free(r->verb);
	json_decref(r->args);
	*r = (struct wire_request){ 0 };
}

void wire_answer_release(struct wire_answer *a)
{
	free(a->code);
	free(a->text);
	json_decref(a->data);
	*a = (struct wire_answer){ 0 };
}
