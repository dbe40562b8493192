/*
 * The floor: the least that a program must do to keep alerts, with the same
 * libraries and nothing around them. Fetch, cut the page, hash each alert, look
 * it up, and only when it changed parse the members wanted and upsert it with
 * its raw text. No clocks, no notices, no ledger, no entities, no audit log:
 * what triaged does besides is what the ratio shows. Called by bench_ingest.py.
 *
 *	floor DATABASE TOKEN URL...
 *
 * Its input comes from our own fake, so it trusts it.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALERTS_A_TRANSACTION 1000

struct piece {
	const char *p;
	size_t len;
};

struct buffer {
	char *p;
	size_t len, alloc;
};

struct floor {
	CURL *curl;
	sqlite3 *db;
	sqlite3_stmt *look, *put;
	struct buffer page, scratch;
	size_t n_pending;
};

static void die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static void add(struct buffer *b, const char *p, size_t len)
{
	if (b->len + len + 1 > b->alloc) {
		b->alloc = (b->len + len + 1) * 2;
		b->p = realloc(b->p, b->alloc);
		if (!b->p)
			die("no memory");
	}
	memcpy(b->p + b->len, p, len);
	b->len += len;
	b->p[b->len] = '\0';
}

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
	add(arg, p, size * n);
	return size * n;
}

/* @p at a quote: behind the closing one. */
static const char *skip_string(const char *p)
{
	const char *q;

	do {
		p = strchr(p + 1, '"');
		for (q = p; q[-1] == '\\'; q--)
			;
	} while ((p - q) % 2);
	return p + 1;
}

/* Behind the value at @p. */
static const char *skip_value(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
	} while (depth > 0 || (*p != ',' && *p != '}' && *p != ']'));
	return p;
}

/* The next member of the object whose inside is at *p; false at its end. */
static int next_member(const char **p, struct piece *name, struct piece *value)
{
	*p += strspn(*p, ", \t\r\n");
	if (**p != '"')
		return 0;
	name->p = *p + 1;
	*p = skip_string(*p);
	name->len = (size_t)(*p - 1 - name->p);
	*p += strspn(*p, ": \t\r\n");
	value->p = *p;
	*p = skip_value(*p);
	value->len = (size_t)(*p - value->p);
	return 1;
}

static struct piece member(const char *object, const char *wanted)
{
	const char *p = object + 1;
	struct piece name, value;

	while (next_member(&p, &name, &value)) {
		if (name.len == strlen(wanted) &&
		    memcmp(name.p, wanted, name.len) == 0)
			return value;
	}
	return (struct piece){ NULL, 0 };
}

/* 128 bits in two lanes; no strength is asked of it here. */
static void hash_piece(uint64_t lane[2], const char *p, size_t len)
{
	uint64_t word;

	for (; len > 0; p += sizeof(word), len -= sizeof(word)) {
		word = 0;
		memcpy(&word, p, len < sizeof(word) ? len : sizeof(word));
		lane[0] = (lane[0] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		lane[1] = (lane[1] ^ lane[0] >> 29) *
			  UINT64_C(0xbf58476d1ce4e5b9);
		if (len <= sizeof(word))
			break;
	}
}

/* Behind the colon of "$id": or "$ref":, whose values count the objects of one
 * answer; NULL when @p is at something else. */
static const char *counter_at(const char *p)
{
	if (strncmp(p, "\"$id\":", 6) == 0)
		return p + 6;
	return strncmp(p, "\"$ref\":", 7) == 0 ? p + 7 : NULL;
}

static void hash_item(struct piece item, uint64_t lane[2])
{
	const char *end = item.p + item.len;
	const char *p = item.p, *next = p, *value;

	lane[0] = lane[1] = 0;
	while ((next = memmem(next, (size_t)(end - next), "\"$", 2))) {
		value = counter_at(next);
		if (!value) {
			next++;
			continue;
		}
		hash_piece(lane, p, (size_t)(value - p));
		p = next = skip_string(value);
	}
	hash_piece(lane, p, (size_t)(end - p));
}

static void begin(struct floor *f)
{
	if (f->n_pending++ == 0)
		sqlite3_exec(f->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
}

static void commit(struct floor *f)
{
	if (f->n_pending && sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL))
		die(sqlite3_errmsg(f->db));
	f->n_pending = 0;
}

static int is_stored(struct floor *f, const uint64_t key[2],
		     const uint64_t hash[2])
{
	int same;

	sqlite3_bind_blob(f->look, 1, key, 16, SQLITE_STATIC);
	same = sqlite3_step(f->look) == SQLITE_ROW &&
	       memcmp(sqlite3_column_blob(f->look, 0), hash, 16) == 0;
	sqlite3_reset(f->look);
	return same;
}

static json_t *parse_wanted(struct floor *f, const char *properties)
{
	static const char *const wanted[] = {
		"alertDisplayName",
		"severity",
		"status",
		"timeGeneratedUtc",
		"compromisedEntity",
		"entities",
		"description",
		"resourceIdentifiers",
	};
	struct buffer *b = &f->scratch;
	const char *p = properties + 1;
	struct piece name, value;

	b->len = 0;
	add(b, "{", 1);
	while (next_member(&p, &name, &value)) {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
			if (strlen(wanted[i]) != name.len ||
			    memcmp(wanted[i], name.p, name.len) != 0)
				continue;
			if (b->len > 1)
				add(b, ",", 1);
			add(b, name.p - 1,
			    (size_t)(value.p + value.len - name.p + 1));
		}
	}
	add(b, "}", 1);
	return json_loadb(b->p, b->len, 0, NULL);
}

static void bind_text(sqlite3_stmt *s, int i, const json_t *o, const char *key)
{
	sqlite3_bind_text(s, i, json_string_value(json_object_get(o, key)), -1,
			  SQLITE_STATIC);
}

static void put(struct floor *f, struct piece item, const uint64_t key[2],
		const uint64_t hash[2], const char *properties)
{
	json_t *o = parse_wanted(f, properties);
	const char *severity;

	if (!o)
		die("an alert of the fake is no JSON");
	severity = json_string_value(json_object_get(o, "severity"));
	sqlite3_bind_blob(f->put, 1, key, 16, SQLITE_STATIC);
	sqlite3_bind_blob(f->put, 2, hash, 16, SQLITE_STATIC);
	sqlite3_bind_int(f->put, 3, severity && *severity == 'H');
	bind_text(f->put, 4, o, "status");
	bind_text(f->put, 5, o, "timeGeneratedUtc");
	bind_text(f->put, 6, o, "alertDisplayName");
	bind_text(f->put, 7, o, "compromisedEntity");
	sqlite3_bind_text(f->put, 8, item.p, (int)item.len, SQLITE_STATIC);
	if (sqlite3_step(f->put) != SQLITE_DONE)
		die(sqlite3_errmsg(f->db));
	sqlite3_reset(f->put);
	json_decref(o);
}

static void take(struct floor *f, struct piece item)
{
	struct piece properties = member(item.p, "properties");
	struct piece name = member(item.p, "name");
	uint64_t hash[2], key[2] = { 0, name.len };

	if (!properties.p || !name.p)
		die("an alert of the fake without name or properties");
	hash_item(item, hash);
	hash_piece(key, name.p, name.len);
	begin(f);
	if (!is_stored(f, key, hash))
		put(f, item, key, hash, properties.p);
	if (f->n_pending >= ALERTS_A_TRANSACTION)
		commit(f);
}

/* One page, walked once; the URL of the next, or NULL. */
static char *get(struct floor *f, const char *url)
{
	struct piece next;
	const char *p;

	f->page.len = 0;
	curl_easy_setopt(f->curl, CURLOPT_URL, url);
	if (curl_easy_perform(f->curl) != CURLE_OK)
		die("a page does not come");
	p = strchr(f->page.p, '[');
	if (!p)
		die(f->page.p);
	while (*p != ']') {
		struct piece item = { ++p, 0 };

		p = skip_value(p);
		item.len = (size_t)(p - item.p);
		take(f, item);
	}
	f->page.p[p - f->page.p] = '{'; /* what is left is an object again */
	next = member(p, "nextLink");
	return next.p ? strndup(next.p + 1, next.len - 2) : NULL;
}

static void open_database(struct floor *f, const char *path)
{
	static const char schema[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 4000;"
		"CREATE TABLE IF NOT EXISTS alert (id INTEGER PRIMARY KEY,"
		" key BLOB UNIQUE, hash BLOB, severity INT, status TEXT,"
		" raised TEXT, title TEXT, entity TEXT, raw TEXT);"
		"CREATE INDEX IF NOT EXISTS queue ON alert (severity, raised)"
		" WHERE status = 'Active'";

	if (sqlite3_open(path, &f->db) ||
	    sqlite3_exec(f->db, schema, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(f->db, "SELECT hash FROM alert WHERE key = ?",
			       -1, &f->look, NULL) ||
	    sqlite3_prepare_v2(
		    f->db,
		    "INSERT INTO alert (key, hash, severity, status, raised,"
		    " title, entity, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		    " ON CONFLICT (key) DO UPDATE SET hash = excluded.hash,"
		    " severity = excluded.severity, status = excluded.status,"
		    " raised = excluded.raised, title = excluded.title,"
		    " entity = excluded.entity, raw = excluded.raw",
		    -1, &f->put, NULL))
		die(sqlite3_errmsg(f->db));
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };
	struct curl_slist *headers;
	char bearer[4096];

	if (argc < 4)
		die("usage: floor DATABASE TOKEN URL...");
	(void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s",
		       argv[2]);
	headers = curl_slist_append(NULL, bearer);
	f.curl = curl_easy_init();
	if (!f.curl || !headers)
		die("no memory");
	curl_easy_setopt(f.curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(f.curl, CURLOPT_PROXY, "");
	curl_easy_setopt(f.curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(f.curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(f.curl, CURLOPT_WRITEDATA, &f.page);
	open_database(&f, argv[1]);
	for (int i = 3; i < argc; i++) {
		char *url = strdup(argv[i]);

		while (url) {
			char *next = get(&f, url);

			free(url);
			url = next;
		}
	}
	commit(&f);
	sqlite3_finalize(f.look);
	sqlite3_finalize(f.put);
	sqlite3_close(f.db);
	curl_slist_free_all(headers);
	curl_easy_cleanup(f.curl);
	free(f.page.p);
	free(f.scratch.p);
	return 0;
}
