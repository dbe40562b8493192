# What the lints share: the code of a line without comments and without the
# contents of strings, so that a word in a comment is no violation. Give it to
# awk before the lint: awk -f code.awk -f sizes.awk FILE...
#
# Plain POSIX awk; run it with LC_ALL=C, so that a character is a byte.

# Are we inside a comment that began on an earlier line? Reset per file.
FNR == 1 {
	in_comment = 0
}

# The code of @line: comments are gone, "text" is "", 'c' is ''.
function code_of(line,    out, c, i, n)
{
	out = ""
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		if (in_comment) {
			if (substr(line, i, 2) == "*/") {
				in_comment = 0
				i++
			}
		} else if (substr(line, i, 2) == "/*") {
			in_comment = 1
			i++
		} else if (substr(line, i, 2) == "//") {
			break
		} else if (c == "\"" || c == "'") {
			out = out c c
			i = string_end(line, i, c)
		} else {
			out = out c
		}
	}
	return out
}

# Where the string that opens at @i ends.
function string_end(line, i, quote,    n)
{
	n = length(line)
	for (i++; i <= n; i++) {
		if (substr(line, i, 1) == "\\")
			i++
		else if (substr(line, i, 1) == quote)
			return i
	}
	return n
}

# Columns of @line: tabs to the next multiple of 8, UTF-8 as characters.
function columns(line,    i, n, col, c)
{
	col = 0
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		if (c == "\t")
			col += 8 - col % 8
		else if (c !~ /[\200-\277]/)
			col++
	}
	return col
}

function complain(text)
{
	complain_at(FNR, text)
}

function complain_at(line, text)
{
	print FILENAME ":" line ": " text
}
