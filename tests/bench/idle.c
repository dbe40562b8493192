/*
 * The floor of being idle: what a process costs that has loaded our libraries
 * and fetches one page over TLS now and then, and keeps nothing. Called by
 * bench_idle.py.
 *
 *	idle CA-FILE SECONDS TOKEN URL
 *
 * It ends when it is killed.
 */
#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static void die(const char *what)
{
	fprintf(stderr, "idle: %s\n", what);
	exit(1);
}

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (curl_easy_perform(arg) != CURLE_OK)
		die("the page does not come");
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	CURL *curl = curl_easy_init();
	struct curl_slist *headers;
	struct timeval every = { 0 };
	struct event *turn;
	char bearer[4096];
	sqlite3 *db;

	if (argc != 5)
		die("usage: idle CA-FILE SECONDS TOKEN URL");
	(void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s",
		       argv[3]);
	headers = curl_slist_append(NULL, bearer);
	every.tv_sec = strtol(argv[2], NULL, 10);
	/* Calls of both, so that their libraries are not left out. */
	if (!base || !curl || !headers || sqlite3_open(":memory:", &db) ||
	    !json_object_get(json_pack("{s:i}", "a", 1), "a"))
		die("no memory");
	curl_easy_setopt(curl, CURLOPT_CAINFO, argv[1]);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_URL, argv[4]);
	turn = event_new(base, -1, EV_PERSIST, on_turn, curl);
	if (!turn || event_add(turn, &every) < 0)
		die("no timer");
	on_turn(-1, 0, curl);
	event_base_dispatch(base);
	return 0;
}
