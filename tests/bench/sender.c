/*
 * The floor of delivery: what curl can send when nothing is kept, read or
 * rendered. One body so many times to one address, eight at once, over kept
 * connections. Called by bench_deliver.py.
 *
 *	sender URL REQUESTS BYTES
 *
 * Prints the seconds it took.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 8

struct sender {
	CURLM *multi;
	struct curl_slist *headers;
	char *body;
	long left, done;
};

static void die(const char *what)
{
	fprintf(stderr, "sender: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin(struct sender *s, CURL *easy)
{
	if (s->left == 0) {
		curl_easy_cleanup(easy);
		return;
	}
	s->left--;
	if (curl_multi_add_handle(s->multi, easy))
		die("cannot begin a request");
}

static void open_all(struct sender *s, const char *url)
{
	for (int i = 0; i < AT_ONCE; i++) {
		CURL *easy = curl_easy_init();

		if (!easy)
			die("no memory");
		curl_easy_setopt(easy, CURLOPT_URL, url);
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, s->body);
		curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
		begin(s, easy);
	}
}

static void collect(struct sender *s)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left))) {
		CURL *easy = m->easy_handle;

		if (m->data.result)
			die(curl_easy_strerror(m->data.result));
		curl_multi_remove_handle(s->multi, easy);
		s->done++;
		begin(s, easy);
	}
}

int main(int argc, char **argv)
{
	struct sender s = { 0 };
	double begun;
	long wanted, bytes;
	int running;

	if (argc != 4)
		die("wants a URL, how many requests, of how many bytes");
	wanted = strtol(argv[2], NULL, 10);
	bytes = strtol(argv[3], NULL, 10);
	s.left = wanted;
	s.body = calloc(1, (size_t)bytes + 1);
	s.multi = curl_multi_init();
	s.headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!s.body || !s.multi || !s.headers)
		die("no memory");
	memset(s.body, 'x', (size_t)bytes);
	begun = now();
	open_all(&s, argv[1]);
	while (s.done < wanted) {
		curl_multi_perform(s.multi, &running);
		collect(&s);
		if (s.done < wanted)
			curl_multi_poll(s.multi, NULL, 0, 1000, NULL);
	}
	printf("%.6f\n", now() - begun);
	curl_multi_cleanup(s.multi);
	curl_slist_free_all(s.headers);
	free(s.body);
	return 0;
}
