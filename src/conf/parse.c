/*
 * YAML text into a tree of nodes. Called by load.c. The only file that knows
 * libyaml; it knows no option.
 *
 * Events rather than libyaml's documents: a loaded document has forgotten
 * its anchors, and aliases are resolved behind our back. What YAML can do
 * beyond texts, lists and maps is refused here, so nothing behind this file
 * has to think of it.
 */
#include "conf/node_priv.h"

#include <string.h>
#include <yaml.h>
#include "util/compiler.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

struct parse {
	yaml_parser_t yaml;
	const char *file;
	char *text; /* our copy: tabs are replaced in it */
	size_t len;
	struct faults *faults;
	size_t n_nodes;
	bool failed; /* what follows would mean nothing */
	/* The beginning of a line: block texts are looked up in order. */
	const char *line_at;
	size_t line_number; /* from 0, as libyaml counts */
};

/* A walk over the bytes, by code points. */
struct scan {
	const char *p, *end;
	struct mark at;
	bool indent; /* only white space so far in this line */
	bool comment;
	bool tab_said; /* one fault a line is enough */
	bool bad_indent; /* the structure cannot be trusted */
};

static size_t scan_code_point(const struct scan *s)
{
	size_t left = (size_t)(s->end - s->p);

	for (size_t n = 1; n <= 4 && n <= left; n++)
		if (utf8_valid(s->p, n))
			return n;
	return 0;
}

static bool scan_line_is_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end || *p == '\n' || *p == '#';
}

/* A tab means nothing certain to YAML: a blank in its place, and a fault where
 * it was more than decoration. */
static void scan_tab(struct parse *p, struct scan *s)
{
	char *byte = p->text + (s->p - p->text);

	if (s->comment)
		return;
	*byte = ' ';
	if (s->tab_said || scan_line_is_blank(s->p, s->end))
		return;
	s->tab_said = true;
	if (s->indent)
		s->bad_indent = true;
	faults_add(p->faults, &s->at,
		   s->indent ? "a tab cannot indent a line; use blanks"
			     : "a tab cannot stand here; use blanks");
}

static void scan_step(struct scan *s, size_t n)
{
	char c = *s->p;

	s->p += n;
	if (c == '\n') {
		s->at.line++;
		s->at.column = 1;
		s->indent = true;
		s->comment = s->tab_said = false;
		return;
	}
	s->at.column++;
	if (c == ' ' || c == '\t') {
		if (s->p < s->end && *s->p == '#')
			s->comment = true;
		return;
	}
	s->indent = false;
}

/* Bytes that have no business in a text file. False: do not parse it. */
static bool parse_scan(struct parse *p)
{
	struct scan s = { .p = p->text,
			  .end = p->text + p->len,
			  .at = { p->file, 1, 1 },
			  .indent = true,
			  .comment = p->len > 0 && p->text[0] == '#' };

	while (s.p < s.end) {
		size_t n = scan_code_point(&s);
		unsigned char c = (unsigned char)*s.p;

		if (n == 0) {
			faults_add(p->faults, &s.at,
				   "not valid UTF-8; save the file as UTF-8");
			return false;
		}
		if ((c < 0x20 && !strchr("\t\n\r", c)) || c == 0x7f) {
			faults_add(p->faults, &s.at,
				   "a control character (0x%02x) cannot stand "
				   "in a configuration file",
				   c);
			return false;
		}
		if (c == '\t')
			scan_tab(p, &s);
		scan_step(&s, n);
		if (s.at.column == 1 && s.p < s.end && *s.p == '#')
			s.comment = true;
	}
	return !s.bad_indent;
}

static struct mark parse_mark(const struct parse *p, yaml_mark_t m)
{
	return (struct mark){ p->file, (int)m.line + 1, (int)m.column + 1 };
}

/* The reader tells a byte offset, everything else a place. */
static struct mark parse_offset(const struct parse *p, size_t offset)
{
	struct mark m = { p->file, 1, 1 };

	for (size_t i = 0; i < offset && i < p->len; i++) {
		if (p->text[i] == '\n') {
			m.line++;
			m.column = 1;
		} else if ((p->text[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	return m;
}

/*
 * What looks like a blank and is none to YAML: it comes with text that was
 * copied from a portal or a chat, and no editor shows it. Its length at @s, and
 * its code point; 0 none.
 */
static size_t odd_blank(const char *s, unsigned *ret)
{
	static const struct {
		const char *bytes;
		unsigned code_point;
	} blanks[] = {
		{ "\xc2\xa0", 0x00a0 },	    { "\xe2\x80\x87", 0x2007 },
		{ "\xe2\x80\x8b", 0x200b }, { "\xe2\x80\xaf", 0x202f },
		{ "\xe3\x80\x80", 0x3000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++) {
		size_t n = strlen(blanks[i].bytes);

		if (strncmp(s, blanks[i].bytes, n) != 0)
			continue;
		*ret = blanks[i].code_point;
		return n;
	}
	return 0;
}

/* Does an odd blank of the value @s stand where a blank would be none of it?
 * In a @bare one it may have hidden the end of a name, or a comment. */
static bool has_odd_blank(const char *s, bool bare, unsigned *ret)
{
	for (const char *p = s; *p; p++) {
		size_t n = odd_blank(p, ret);

		if (n == 0)
			continue;
		if (p == s || !p[n] || (bare && (p[-1] == ':' || p[n] == '#')))
			return true;
		p += n - 1;
	}
	return false;
}

/* In a line that YAML stumbled over: at its beginning, or behind a name. */
static bool line_odd_blank(const char *line, struct mark *m, unsigned *ret)
{
	char before = ' ';

	m->column = 1;
	for (const char *p = line; *p && *p != '\n' && *p != '#'; p++) {
		if ((before == ' ' || before == ':') && odd_blank(p, ret))
			return true;
		before = *p;
		m->column += (*p & 0xc0) != 0x80;
	}
	return false;
}

static bool parse_odd_blank_fault(struct parse *p)
{
	const yaml_parser_t *y = &p->yaml;
	size_t last = y->problem_mark.line;
	size_t first = y->context ? y->context_mark.line : last;
	const char *line = p->text, *end;

	for (size_t i = 0; i <= last; i++, line = end + 1) {
		struct mark m = { p->file, (int)i + 1, 1 };
		unsigned code_point;

		if (i >= first && line_odd_blank(line, &m, &code_point)) {
			faults_add(p->faults, &m,
				   "not valid YAML: what looks like a blank "
				   "here is none (U+%04X); type one in its "
				   "place",
				   code_point);
			return true;
		}
		end = strchr(line, '\n');
		if (!end)
			break;
	}
	return false;
}

static void parse_syntax_fault(struct parse *p)
{
	const yaml_parser_t *y = &p->yaml;
	const char *why = y->problem ? y->problem : "it cannot be read";
	struct mark m = parse_mark(p, y->problem_mark);

	if (y->error != YAML_READER_ERROR && parse_odd_blank_fault(p))
		return;
	if (y->error == YAML_READER_ERROR) {
		m = parse_offset(p, y->problem_offset);
		faults_add(p->faults, &m, "not valid YAML: %s", why);
	} else if (y->context) {
		faults_add(p->faults, &m, "not valid YAML: %s (%s, line %zu)",
			   why, y->context, y->context_mark.line + 1);
	} else {
		faults_add(p->faults, &m, "not valid YAML: %s", why);
	}
}

/*
 * False when there is nothing more to read. Asked again after an error, libyaml
 * hands out empty events without end: hence the first line.
 */
static bool parse_next(struct parse *p, yaml_event_t *ev)
{
	memset(ev, 0, sizeof(*ev));
	if (p->failed)
		return false;
	if (yaml_parser_parse(&p->yaml, ev))
		return true;
	memset(ev, 0, sizeof(*ev));
	parse_syntax_fault(p);
	p->failed = true;
	return false;
}

static struct node *node_new(enum node_kind kind, struct mark mark)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->kind = kind;
	n->mark = mark;
	return n;
}

/* A value is text people can read: what else it holds could only deceive a
 * terminal, a mail header or a log. */
static bool text_is_printable(const char *s, size_t len, enum utf8_clean how)
{
	CLEANUP(free_ptr) char *clean = NULL;

	if (strlen(s) != len || strstr(s, "\xef\xbb\xbf") ||
	    strstr(s, "\xef\xbf\xbe") || strstr(s, "\xef\xbf\xbf"))
		return false;
	clean = utf8_clean_dup(s, 0, how);
	return strcmp(clean, s) == 0;
}

/* The text of line @number (from 0) of the file; later ones only. */
static const char *parse_line(struct parse *p, size_t number)
{
	while (p->line_number < number) {
		const char *end = strchr(p->line_at, '\n');

		if (!end)
			break;
		p->line_at = end + 1;
		p->line_number++;
	}
	return p->line_at;
}

/*
 * A literal block ("|") stands in the file as it is, but for its indentation:
 * what its first line that is not empty has there and not in the value.
 */
static void parse_block_place(struct parse *p, struct node *n, size_t line)
{
	size_t empty = strspn(n->text, "\n");
	const char *at = parse_line(p, line + 1 + empty);
	size_t blanks = strspn(at, " "), own = strspn(n->text + empty, " ");

	if (blanks < own)
		return;
	n->text_line = (int)line + 2;
	n->text_column = (int)(blanks - own) + 1;
}

static void parse_text_place(struct parse *p, struct node *n,
			     const yaml_event_t *ev)
{
	bool bare = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (ev->data.scalar.style == YAML_LITERAL_SCALAR_STYLE) {
		parse_block_place(p, n, ev->start_mark.line);
	} else if (n->kind == NODE_TEXT &&
		   ev->start_mark.line == ev->end_mark.line) {
		n->text_line = n->mark.line;
		n->text_column = n->mark.column + !bare;
	}
}

static struct node *parse_scalar(struct parse *p, const yaml_event_t *ev)
{
	struct mark m = parse_mark(p, ev->start_mark);
	const char *value = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	yaml_scalar_style_t style = ev->data.scalar.style;
	enum node_kind kind = NODE_TEXT;
	unsigned code_point;
	struct node *n;

	if (ev->data.scalar.anchor || ev->data.scalar.tag) {
		faults_add(p->faults, &m, "%s cannot be used here",
			   ev->data.scalar.tag ? "a YAML tag (!)"
					       : "a YAML anchor (&)");
		return node_new(NODE_SPOILT, m);
	}
	if (strchr(value, '\n'))
		kind = NODE_LINES;
	if (!text_is_printable(value, len,
			       kind == NODE_LINES ? UTF8_KEEP_NEWLINES
						  : UTF8_LINE)) {
		faults_add(p->faults, &m,
			   "a value must be one line without control "
			   "characters");
		return node_new(NODE_SPOILT, m);
	}
	if (kind == NODE_TEXT && /* --dump-config quotes what was a block */
	    has_odd_blank(value, style == YAML_PLAIN_SCALAR_STYLE,
			  &code_point)) {
		faults_add(p->faults, &m,
			   "what looks like a blank at one end of this text, "
			   "or beside its : or #, is none (U+%04X); remove it, "
			   "or type a blank in its place",
			   code_point);
		return node_new(NODE_SPOILT, m);
	}
	n = node_new(kind, m);
	n->text = xstrndup(value, len);
	parse_text_place(p, n, ev);
	return n;
}

static struct node *parse_value(struct parse *p, const yaml_event_t *ev,
				int depth);

/* The next node inside a container: NULL at its end, or when parsing failed. */
static struct node *parse_inner(struct parse *p, int depth)
{
	CLEANUP(yaml_event_delete) yaml_event_t ev;

	if (!parse_next(p, &ev) || ev.type == YAML_SEQUENCE_END_EVENT ||
	    ev.type == YAML_MAPPING_END_EVENT)
		return NULL;
	return parse_value(p, &ev, depth);
}

static bool parse_room(struct parse *p, struct node *n)
{
	if (n->n >= PARSE_ENTRIES_MAX) {
		faults_add(p->faults, &n->mark,
			   "more than %d entries in one place",
			   PARSE_ENTRIES_MAX);
		p->failed = true;
		return false;
	}
	GROW(n->items, n->n + 1, n->n_alloc);
	return true;
}

static void parse_list(struct parse *p, struct node *list, int depth)
{
	struct node *value;

	while ((value = parse_inner(p, depth + 1)) != NULL) {
		if (!parse_room(p, list)) {
			node_free(value);
			return;
		}
		list->items[list->n++] = (struct node_item){ NULL, value };
	}
}

static bool parse_key_fault(struct parse *p, const struct node *map,
			    const struct node *key)
{
	const struct node *other;

	if (key->kind == NODE_SPOILT)
		return true;
	if (key->kind != NODE_TEXT || !*key->text) {
		faults_add(p->faults, &key->mark,
			   "the name of an option must be text, not %s",
			   node_kind_name(key));
		return true;
	}
	for (size_t i = 0; i < map->n; i++) {
		other = map->items[i].key;
		if (strcmp(other->text, key->text) != 0)
			continue;
		faults_add(p->faults, &key->mark,
			   "'%s' stands here twice, first in line %d",
			   key->text, other->mark.line);
		return true;
	}
	return false;
}

static void parse_map(struct parse *p, struct node *map, int depth)
{
	struct node *key, *value;

	while ((key = parse_inner(p, depth + 1)) != NULL) {
		value = parse_inner(p, depth + 1);
		if (value && !parse_key_fault(p, map, key) &&
		    parse_room(p, map)) {
			map->items[map->n++] = (struct node_item){ key, value };
			continue;
		}
		node_free(key);
		node_free(value);
		if (p->failed)
			return;
	}
}

static struct node *parse_container(struct parse *p, const yaml_event_t *ev,
				    int depth)
{
	bool map = ev->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor = map ? ev->data.mapping_start.anchor
					: ev->data.sequence_start.anchor;
	const yaml_char_t *tag =
		map ? ev->data.mapping_start.tag : ev->data.sequence_start.tag;
	struct mark m = parse_mark(p, ev->start_mark);
	struct node *n;

	if (depth > PARSE_DEPTH_MAX) {
		faults_add(p->faults, &m, "nested deeper than %d levels",
			   PARSE_DEPTH_MAX);
		p->failed = true;
		return NULL;
	}
	if (anchor || tag)
		faults_add(p->faults, &m, "%s cannot be used here",
			   tag ? "a YAML tag (!)" : "a YAML anchor (&)");
	n = node_new(map ? NODE_MAP : NODE_LIST, m);
	if (map)
		parse_map(p, n, depth);
	else
		parse_list(p, n, depth);
	return n;
}

static struct node *parse_value(struct parse *p, const yaml_event_t *ev,
				int depth)
{
	struct mark m = parse_mark(p, ev->start_mark);

	if (++p->n_nodes > PARSE_NODES_MAX) {
		faults_add(p->faults, &m, "more than %d values in one file",
			   PARSE_NODES_MAX);
		p->failed = true;
		return NULL;
	}
	if (ev->type == YAML_SCALAR_EVENT)
		return parse_scalar(p, ev);
	if (ev->type == YAML_ALIAS_EVENT) {
		faults_add(p->faults, &m,
			   "a YAML alias (*) cannot be used "
			   "here; quote a text that begins "
			   "with *");
		return node_new(NODE_SPOILT, m);
	}
	return parse_container(p, ev, depth);
}

static struct node *parse_document(struct parse *p)
{
	CLEANUP(node_free_ptr) struct node *root = NULL;

	for (;;) {
		CLEANUP(yaml_event_delete) yaml_event_t ev;
		struct mark m;

		if (!parse_next(p, &ev) || ev.type == YAML_STREAM_END_EVENT)
			return take(root);
		m = parse_mark(p, ev.start_mark);
		switch ((int)ev.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (!root)
				break;
			faults_add(p->faults, &m,
				   "a second document begins here; one file "
				   "holds one document");
			return take(root);
		default:
			root = parse_value(p, &ev, 1);
			break;
		}
		if (p->failed)
			return take(root);
	}
}

static struct node *parse_stream(struct parse *p)
{
	struct node *root = NULL;

	if (!yaml_parser_initialize(&p->yaml)) {
		faults_add(p->faults, &(struct mark){ p->file, 1, 1 },
			   "out of memory");
		p->failed = true;
		return NULL;
	}
	yaml_parser_set_encoding(&p->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p->yaml, (unsigned char *)p->text,
				     p->len);
	root = parse_document(p);
	yaml_parser_delete(&p->yaml);
	return root;
}

int parse_yaml(const char *file, const char *text, size_t len,
	       struct node **ret, struct faults *faults)
{
	struct parse p = { .file = file, .faults = faults };
	CLEANUP(free_ptr) char *copy = NULL;
	CLEANUP(node_free_ptr) struct node *root = NULL;

	if (len > PARSE_BYTES_MAX) {
		faults_add(faults, &(struct mark){ file, 1, 1 },
			   "larger than %d bytes", PARSE_BYTES_MAX);
		return ERR_CONF;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = 0;
	p.text = copy;
	p.line_at = copy;
	p.len = len;
	if (!parse_scan(&p))
		return ERR_CONF;
	root = parse_stream(&p);
	if (p.failed)
		return ERR_CONF;
	/* "--- " with nothing behind it is an empty text. */
	if (root && root->kind == NODE_TEXT && !*root->text)
		root = node_free(root);
	*ret = take(root);
	return 0;
}
