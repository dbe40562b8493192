/* strcpy() in a comment is a word, like "strcpy(" in a string. */
static const char *const text = "strcpy(a, b)"; /* sprintf(a) */

void bad(char *a, const char *b)
{
	strcpy(a, b);
	strcat(a, b);
	sprintf(a, "%s", b);
	gets(a);
	strtok(a, " ");
	time(NULL);
	clock_gettime(CLOCK_REALTIME, NULL);
	localtime (NULL);
	setenv("TZ", "UTC", 1);
	a = malloc(1);
	a = (calloc(1, 1));
	a = strdup(b);
	printf("%s", a);
	fprintf(stderr, "%s", a);
	if (!sqlite3_open(a, NULL))
		event_new(NULL, 0, 0, NULL, NULL);
	evhttp_new(NULL);
	curl_easy_init();
	system(a);
	/* TODO: finish */
}

void good(char *a, struct thing *t)
{
	snprintf(a, 1, "%s", text);
	a = xstrdup(a);
	a = xmalloc(1);
	t->free(a);
	t->time(a);
	t.puts(a);
	event_days(a);
	runtime(a);
	mkstemp("/tmp/XXXXXX");
}
