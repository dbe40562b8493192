/*
 * A webhook receiver that costs as little as one can: it answers 204 and keeps
 * the moment and the number of the alert, nothing else. The scenario tests' own
 * fake_sink keeps every body and would be what is measured. Called by
 * bench_deliver.py.
 *
 *	sink MARK
 *
 * The number is what stands behind MARK in a body. Lines on standard input:
 * hold (take requests, answer none), go (answer them and all that follow),
 * count (prints "REQUESTS BYTES"), report (prints a line "MICROSECONDS NUMBER"
 * for each, a last one ".", and forgets them). It ends with its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define ROOM (256 * 1024)

struct hit {
	int64_t at_us;
	long number;
};

struct client {
	struct client *next; /* of those that are held */
	int fd;
	int held;
	size_t len;
	char bytes[ROOM + 1];
};

struct sink {
	const char *mark;
	int epoll, listener, hold;
	struct client *waiting;
	struct hit *hits;
	size_t n_hits, n_alloc, n_bytes;
};

static void die(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void watch(struct sink *s, int fd, void *data)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = data };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl");
}

static void answer(const struct client *c)
{
	static const char text[] =
		"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
	ssize_t n = write(c->fd, text, sizeof(text) - 1);

	(void)n; /* a peer that has gone is seen at the next read */
}

static void record(struct sink *s, const char *body, size_t len)
{
	const char *found = memmem(body, len, s->mark, strlen(s->mark));

	if (s->n_hits == s->n_alloc) {
		s->n_alloc = s->n_alloc ? s->n_alloc * 2 : 16384;
		s->hits = realloc(s->hits, s->n_alloc * sizeof(*s->hits));
		if (!s->hits)
			die("realloc");
	}
	s->hits[s->n_hits++] = (struct hit){
		.at_us = now_us(),
		.number =
			found ? strtol(found + strlen(s->mark), NULL, 10) : -1,
	};
	s->n_bytes += len;
}

/* One whole request at the start of the buffer: its length, else 0. */
static size_t request_size(const struct client *c, size_t *ret_head)
{
	char *end = memmem(c->bytes, c->len, "\r\n\r\n", 4);
	const char *length;
	size_t size;

	if (!end)
		return 0;
	*ret_head = (size_t)(end - c->bytes) + 4;
	*end = '\0';
	length = strcasestr(c->bytes, "\r\nContent-Length:");
	size = *ret_head +
	       (length ? strtoul(length + strlen("\r\nContent-Length:"), NULL,
				 10)
		       : 0);
	*end = '\r';
	return size <= c->len ? size : 0;
}

static void serve(struct sink *s, struct client *c)
{
	size_t head, size;

	while (!c->held && (size = request_size(c, &head)) > 0) {
		if (s->hold) {
			c->held = 1;
			c->next = s->waiting;
			s->waiting = c;
			return;
		}
		record(s, c->bytes + head, size - head);
		answer(c);
		c->len -= size;
		memmove(c->bytes, c->bytes + size, c->len);
		c->bytes[c->len] = '\0';
	}
}

static void forget_waiting(struct sink *s, const struct client *c)
{
	struct client **at = &s->waiting;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
}

static void on_client(struct sink *s, struct client *c)
{
	ssize_t n = read(c->fd, c->bytes + c->len, ROOM - c->len);

	if (n <= 0) {
		forget_waiting(s, c);
		close(c->fd);
		free(c);
		return;
	}
	c->len += (size_t)n;
	c->bytes[c->len] = '\0';
	serve(s, c);
}

static void on_listener(struct sink *s)
{
	struct client *c = calloc(1, sizeof(*c));
	int one = 1;

	if (!c)
		die("calloc");
	c->fd = accept(s->listener, NULL, NULL);
	if (c->fd < 0)
		die("accept");
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		die("setsockopt");
	watch(s, c->fd, c);
}

static void go(struct sink *s)
{
	s->hold = 0;
	while (s->waiting) {
		struct client *c = s->waiting;

		s->waiting = c->next;
		c->held = 0;
		serve(s, c);
	}
}

static void report(struct sink *s)
{
	for (size_t i = 0; i < s->n_hits; i++)
		printf("%lld %ld\n", (long long)s->hits[i].at_us,
		       s->hits[i].number);
	puts(".");
	s->n_hits = 0;
	s->n_bytes = 0;
}

static void obey(struct sink *s, const char *word)
{
	if (strcmp(word, "hold") == 0)
		s->hold = 1;
	else if (strcmp(word, "go") == 0)
		go(s);
	else if (strcmp(word, "count") == 0)
		printf("%zu %zu\n", s->n_hits, s->n_bytes);
	else if (strcmp(word, "report") == 0)
		report(s);
	fflush(stdout);
}

/* One line comes at a time: who gives it waits for what it does. */
static void on_input(struct sink *s)
{
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);
	char *rest = line;
	char *word;

	if (n <= 0)
		exit(0);
	line[n] = '\0';
	while ((word = strsep(&rest, "\n")))
		obey(s, word);
}

static void start(struct sink *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->epoll = epoll_create1(0);
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (s->epoll < 0 || s->listener < 0 ||
	    bind(s->listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(s->listener, SOMAXCONN) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&at, &len) < 0)
		die("cannot listen");
	watch(s, s->listener, &s->listener);
	watch(s, STDIN_FILENO, &s->hold);
	printf("PORT %d\n", ntohs(at.sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sink s = { .mark = argc > 1 ? argv[1] : "" };
	struct epoll_event events[EVENTS];

	start(&s);
	for (;;) {
		int n = epoll_wait(s.epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			void *what = events[i].data.ptr;

			if (what == &s.listener)
				on_listener(&s);
			else if (what == &s.hold)
				on_input(&s);
			else
				on_client(&s, what);
		}
	}
}
