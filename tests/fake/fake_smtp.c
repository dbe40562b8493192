/*
 * The fake of a mail server (RFC 5321), with STARTTLS when it has --cert. It
 * prints "CONTROL n", an HTTP port for /_fake/script and /_fake/state, then
 * "PORT n".
 *
 * Its script:
 *   users          {name: password}; AUTH is offered when given
 *   mailboxes      {name: audience}; AUTH XOAUTH2 is offered when given, to
 *                  tokens of fake_azure for that audience
 *   require_auth, require_tls   true: MAIL is refused before
 *   implicit_tls   true: TLS from the first byte (port 465)
 *   capabilities   more lines for EHLO
 *   faults         as in fault.h; "method" is the stage: connect, ehlo,
 *                  starttls, auth-start, auth-user, auth, mail, rcpt, data,
 *                  body (each line), dot, rset, noop, quit, other; "path"
 *                  matches the argument. Effects: reply (text instead), drop,
 *                  hang, close (behind the answer), delay_ms, and at "dot"
 *                  store: false or true against the rule that what is accepted,
 *                  dropped or hung is kept.
 */
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/smtp_priv.h"
#include "fake/web.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

static void on_read(struct bufferevent *bev, void *arg);
static void on_write(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

static void conn_free(struct smtp_conn *c)
{
	event_free(c->timer);
	bufferevent_free(c->bev);
	json_decref(c->recipients);
	strbuf_release(&c->text);
	free(c->late_reply);
	free(c->login);
	free(c->user);
	free(c->sender);
	free(c);
}

static void set_callbacks(struct smtp_conn *c)
{
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static void say(struct smtp_conn *c, const char *reply)
{
	evbuffer_add_printf(bufferevent_get_output(c->bev), "%s\r\n", reply);
	if (!c->tls_next)
		return;
	/* What came in clear behind STARTTLS must not count as protected. */
	evbuffer_drain(bufferevent_get_input(c->bev),
		       evbuffer_get_length(bufferevent_get_input(c->bev)));
	c->tls_next = false;
	c->tls = true;
	c->bev = peer_start_tls(c->smtp->peer, c->bev);
	set_callbacks(c);
}

static void say_later(struct smtp_conn *c, const char *reply, json_int_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	c->late_reply = xstrdup(reply);
	if (event_add(c->timer, &tv) < 0)
		peer_die("no timer");
}

static bool is_set(const json_t *effect, const char *name)
{
	return json_is_true(json_object_get(effect, name));
}

static void log_exchange(struct smtp_conn *c, const char *stage,
			 const char *argument, const char *reply)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(argument, 0, UTF8_LINE);

	peer_log(c->smtp->peer,
		 json_pack("{s:s, s:I, s:s, s:s, s:s, s:b}", "event", "command",
			   "connection", c->number, "stage", stage, "argument",
			   clean, "reply", reply, "tls", c->tls));
}

bool smtp_respond(struct smtp_conn *c, const char *stage, const char *argument,
		  const char *reply, bool *ret_stored)
{
	const json_t *effect =
		fault_pick(&c->smtp->plan, stage, argument, argument);
	const json_t *store = json_object_get(effect, "store");
	const char *text = jsonx_str(effect, "reply");
	json_int_t delay_ms = fault_int(effect, "delay_ms", 0);
	bool silent = is_set(effect, "drop") || is_set(effect, "hang");
	bool positive;

	text = text ? text : reply;
	positive = *text == '2' || *text == '3';
	if (ret_stored)
		*ret_stored = store ? json_is_true(store) : silent || positive;
	log_exchange(c, stage, argument, silent ? "" : text);
	if (silent) {
		c->mode = is_set(effect, "drop") ? SMTP_DROPPED : SMTP_HUNG;
		return false;
	}
	if (is_set(effect, "close"))
		c->mode = SMTP_ENDED;
	c->tls_next = positive && strcmp(stage, "starttls") == 0;
	if (delay_ms > 0)
		say_later(c, text, delay_ms);
	else
		say(c, text);
	return positive;
}

static void end_transaction(struct smtp_conn *c)
{
	free(c->sender);
	c->sender = NULL;
	json_array_clear(c->recipients);
	strbuf_reset(&c->text);
	c->n_bare_newlines = 0;
	c->longest_line = 0;
}

static void do_ehlo(struct smtp_conn *c, const char *argument)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	json_t *more = json_object_get(c->smtp->conf, "capabilities");
	json_t *line;
	size_t i;

	strbuf_addstr(&sb, "250-fake.example.org");
	strbuf_addstr(&sb, "\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES");
	if (c->smtp->peer->tls && !c->tls)
		strbuf_addstr(&sb, "\r\n250-STARTTLS");
	if (json_object_get(c->smtp->conf, "users"))
		strbuf_addstr(&sb, "\r\n250-AUTH PLAIN LOGIN");
	if (json_object_get(c->smtp->conf, "mailboxes"))
		strbuf_addstr(&sb, "\r\n250-AUTH XOAUTH2");
	json_array_foreach(more, i, line)
		strbuf_addf(&sb, "\r\n250-%s", json_string_value(line));
	strbuf_addstr(&sb, "\r\n250 SIZE 10485760");
	if (smtp_respond(c, "ehlo", argument, sb.buf, NULL))
		end_transaction(c);
}

static void do_helo(struct smtp_conn *c, const char *argument)
{
	if (smtp_respond(c, "ehlo", argument, "250 fake.example.org", NULL))
		end_transaction(c);
}

static void do_starttls(struct smtp_conn *c, const char *argument)
{
	bool can = c->smtp->peer->tls && !c->tls;

	(void)smtp_respond(c, "starttls", argument,
			   can ? "220 2.0.0 go ahead" : "502 5.5.1 no TLS here",
			   NULL);
}

/* The address between < and > behind @keyword ("FROM:"); NULL: no syntax. */
static char *address_of(const char *argument, const char *keyword)
{
	const char *p = argument + strlen(keyword);
	const char *end;

	if (strncasecmp(argument, keyword, strlen(keyword)) != 0)
		return NULL;
	p += strspn(p, " ");
	end = strchr(p, '>');
	return *p == '<' && end ? xstrndup(p + 1, (size_t)(end - p - 1)) : NULL;
}

static const char *why_no_mail(const struct smtp_conn *c)
{
	if (is_set(c->smtp->conf, "require_tls") && !c->tls)
		return "530 5.7.0 STARTTLS first";
	if (is_set(c->smtp->conf, "require_auth") && !c->user)
		return "530 5.7.0 sign in first";
	return c->sender ? "503 5.5.1 one transaction at a time" : NULL;
}

static void do_mail(struct smtp_conn *c, const char *argument)
{
	CLEANUP(free_ptr) char *address = address_of(argument, "FROM:");
	const char *why = why_no_mail(c);

	if (!why && !address)
		why = "501 5.5.4 MAIL FROM:<address>";
	if (smtp_respond(c, "mail", argument, why ? why : "250 2.1.0 ok",
			 NULL) &&
	    address)
		c->sender = take(address);
}

static void do_rcpt(struct smtp_conn *c, const char *argument)
{
	CLEANUP(free_ptr) char *address = address_of(argument, "TO:");
	const char *reply = "250 2.1.5 ok";

	if (!c->sender)
		reply = "503 5.5.1 MAIL first";
	else if (!address || !*address)
		reply = "501 5.5.4 RCPT TO:<address>";
	if (smtp_respond(c, "rcpt", argument, reply, NULL) && address)
		json_array_append_new(c->recipients, json_string(address));
}

static void do_data(struct smtp_conn *c, const char *argument)
{
	bool ready = json_array_size(c->recipients) > 0;

	if (smtp_respond(c, "data", argument,
			 ready ? "354 end with a dot" : "503 5.5.1 RCPT first",
			 NULL))
		c->mode = SMTP_TEXT;
}

static void do_rset(struct smtp_conn *c, const char *argument)
{
	if (smtp_respond(c, "rset", argument, "250 2.0.0 ok", NULL))
		end_transaction(c);
}

static void do_noop(struct smtp_conn *c, const char *argument)
{
	(void)smtp_respond(c, "noop", argument, "250 2.0.0 ok", NULL);
}

static void do_quit(struct smtp_conn *c, const char *argument)
{
	if (smtp_respond(c, "quit", argument, "221 2.0.0 bye", NULL))
		c->mode = SMTP_ENDED;
}

static const struct {
	const char *verb;
	void (*run)(struct smtp_conn *c, const char *argument);
} commands[] = {
	{ "EHLO", do_ehlo },	     { "HELO", do_helo },
	{ "STARTTLS", do_starttls }, { "MAIL", do_mail },
	{ "RCPT", do_rcpt },	     { "DATA", do_data },
	{ "RSET", do_rset },	     { "NOOP", do_noop },
	{ "QUIT", do_quit },	     { "AUTH", smtp_auth_start },
};

static void on_command(struct smtp_conn *c, char *line)
{
	size_t len = strcspn(line, " ");
	const char *argument = line + len + strspn(line + len, " ");

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strlen(commands[i].verb) == len &&
		    strncasecmp(commands[i].verb, line, len) == 0) {
			commands[i].run(c, argument);
			return;
		}
	}
	(void)smtp_respond(c, "other", line, "500 5.5.2 unknown", NULL);
}

static void on_dot(struct smtp_conn *c)
{
	bool stored;

	c->mode = SMTP_COMMAND;
	(void)smtp_respond(c, "dot", "", "250 2.0.0 kept", &stored);
	if (stored)
		smtp_store(c);
	end_transaction(c);
}

/* A line of the message; only CR LF ends one, as RFC 5321 2.3.8 demands. */
static void on_text(struct smtp_conn *c, const char *line, size_t len)
{
	const json_t *effect;

	if (len == 1 && line[0] == '.') {
		on_dot(c);
		return;
	}
	effect = fault_pick(&c->smtp->plan, "body", line, line);
	if (is_set(effect, "drop"))
		c->mode = SMTP_DROPPED;
	if (is_set(effect, "hang"))
		c->mode = SMTP_HUNG;
	if (len > 0 && line[0] == '.') { /* stuffed, RFC 5321 4.5.2 */
		line++;
		len--;
	}
	for (size_t i = 0; i < len; i++)
		c->n_bare_newlines += line[i] == '\n' || line[i] == '\r';
	c->longest_line = MAX(c->longest_line, (json_int_t)len);
	strbuf_add(&c->text, line, len);
	strbuf_addstr(&c->text, "\r\n");
}

/* Is it the peer's turn to speak? */
static bool listening(const struct smtp_conn *c)
{
	return !c->late_reply && c->mode < SMTP_HUNG;
}

static void step(struct smtp_conn *c)
{
	while (listening(c)) {
		size_t len;
		CLEANUP(free_ptr)
		char *line = evbuffer_readln(bufferevent_get_input(c->bev),
					     &len, EVBUFFER_EOL_CRLF_STRICT);

		if (!line)
			break;
		if (c->mode == SMTP_TEXT)
			on_text(c, line, len);
		else if (c->mode == SMTP_COMMAND)
			on_command(c, line);
		else
			smtp_auth_line(c, line);
	}
	if (c->mode == SMTP_DROPPED)
		conn_free(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	step(arg);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct smtp_conn *c = arg;

	(void)bev;
	if (c->mode == SMTP_ENDED && !c->late_reply)
		conn_free(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_free(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_conn *c = arg;
	CLEANUP(free_ptr) char *reply = take(c->late_reply);

	(void)fd;
	(void)what;
	say(c, reply);
	step(c);
}

static void on_accept(void *arg, int fd)
{
	struct smtp *s = arg;
	struct smtp_conn *c = xcalloc(1, sizeof(*c));
	bool tls = s->peer->tls && is_set(s->conf, "implicit_tls");

	c->smtp = s;
	c->number = ++s->n_connections;
	c->tls = tls;
	c->recipients = json_array();
	strbuf_init(&c->text);
	c->bev = peer_bufferevent(s->peer, fd, tls);
	c->timer = evtimer_new(s->peer->base, on_timer, c);
	if (!c->timer)
		peer_die("no timer");
	set_callbacks(c);
	(void)smtp_respond(c, "connect", "", "220 fake.example.org ESMTP",
			   NULL);
	step(c);
}

static void control(void *arg, const struct web_request *req,
		    const json_t *effect, struct web_reply *reply)
{
	const struct smtp *s = arg;

	(void)effect;
	if (strcmp(req->path, "/_fake/state") == 0)
		web_reply_json(reply, 200,
			       json_pack("{s:I, s:I}", "connections",
					 s->n_connections, "messages",
					 s->n_messages));
	else
		reply->status = 404;
}

static void answer_nothing(void *arg, const struct web_request *req,
			   const json_t *effect, struct web_reply *reply)
{
	(void)arg;
	(void)req;
	(void)effect;
	reply->status = 404;
}

/* Keys that are not given stay as they were. */
static void take_script(void *arg, const json_t *script)
{
	struct smtp *s = arg;

	fault_load(&s->plan, script);
	json_object_update(s->conf, (json_t *)script);
}

int main(int argc, char **argv)
{
	struct peer peer, control_peer;
	struct smtp s = { .peer = &peer };
	struct web web = {
		.peer = &control_peer,
		.answer = answer_nothing,
		.control = control,
		.on_script = take_script,
		.arg = &s,
	};

	peer_open(&peer, argc, argv);
	s.conf = json_object();
	/* The control port speaks clear text and does not log. */
	control_peer = peer;
	control_peer.tls = NULL;
	control_peer.log = NULL;
	(void)web_start(&web, "CONTROL", 0);
	(void)peer_listen(&peer, "PORT", peer.port, on_accept, &s);
	peer_run(&peer);
}
