/* SPDX-License-Identifier: Apache-2.0 */
/* The two levels of quoting are those of logfmt.c, undone in place: no text becomes longer. */
#include "log/logfmt_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "log/keys.h"

/* Bytes that are not read yet. */
struct text {
	char *at;
	char *end;
};

static size_t length_of(const struct text *text)
{
	return (size_t)(text->end - text->at);
}

static bool skip(struct text *text, const char *expected)
{
	size_t length = strlen(expected);

	if (length_of(text) < length || memcmp(text->at, expected, length) != 0)
		return false;
	text->at += length;
	return true;
}

static bool skip_key(struct text *text, const char *separator, enum log_key key)
{
	struct text rest = *text;

	if (!skip(&rest, separator) || !skip(&rest, log_keys[key]) || !skip(&rest, "="))
		return false;
	*text = rest;
	return true;
}

/* What must be quoted, or escaped: of the others see utf8_is_control(), which no reader needs. */
static bool is_plain(char byte)
{
	return (unsigned char)byte > ' ' && byte != '"' && byte != '\\' && byte != '=' && byte != 0x7f;
}

static bool take_plain(struct text *text, struct text *ret)
{
	ret->at = text->at;
	while (text->at < text->end && is_plain(*text->at))
		text->at++;
	ret->end = text->at;
	return length_of(ret) > 0;
}

/* The outer level: up to the closing quote, without the escapes \" and \\. */
static bool take_outer(struct text *text, struct text *ret)
{
	*ret = (struct text){ text->at, text->at };
	while (text->at < text->end && *text->at != '"') {
		bool escaped = *text->at == '\\';

		text->at += escaped;
		if (text->at == text->end || (escaped && *text->at != '"' && *text->at != '\\'))
			return false;
		*ret->end++ = *text->at++;
	}
	return skip(text, "\"");
}

/* 16 for what is no digit. */
static unsigned int digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return (unsigned int)(byte - '0');
	return byte >= 'a' && byte <= 'f' ? (unsigned int)(byte - 'a' + 10) : 16;
}

/* Behind the backslash: \\, \n and \xNN. */
static bool take_escape(struct text *text, char *ret)
{
	unsigned int high, low;

	if (skip(text, "n"))
		*ret = '\n';
	else if (skip(text, "\\"))
		*ret = '\\';
	else if (skip(text, "x") && length_of(text) >= 2) {
		high = digit_of(text->at[0]);
		low = digit_of(text->at[1]);
		*ret = (char)(high << 4 | low);
		text->at += 2;
		return high < 16 && low < 16;
	} else {
		return false;
	}
	return true;
}

/* The inner level: up to a quote, which stays, or to the end. */
static bool take_inner(struct text *text, struct text *ret)
{
	*ret = (struct text){ text->at, text->at };
	while (text->at < text->end && *text->at != '"') {
		char byte = *text->at++;

		if ((unsigned char)byte < ' ' || (byte == '\\' && !take_escape(text, &byte)))
			return false;
		*ret->end++ = byte;
	}
	return true;
}

/* A value within msg. */
static bool take_value(struct text *text, struct text *ret)
{
	if (skip(text, "\""))
		return take_inner(text, ret) && skip(text, "\"");
	return take_plain(text, ret);
}

/* A name behind msg, where both levels are undone one after the other. */
static bool take_name(struct text *text, struct text *ret)
{
	struct text outer;

	if (skip(text, "\""))
		return take_outer(text, &outer) && take_inner(&outer, ret) && outer.at == outer.end;
	return take_plain(text, ret);
}

/**
 * struct parts - of a line, behind each other
 */
struct parts {
	struct text time;
	struct text level;
	struct text message;
	struct text bpfprog;
	struct text subsys;
};

static bool split(struct text *line, struct parts *ret)
{
	*ret = (struct parts){ 0 };
	if (!skip_key(line, "", LOG_KEY_TIME) || !skip(line, "\"") || !take_outer(line, &ret->time) ||
	    !skip_key(line, " ", LOG_KEY_LEVEL) || !take_plain(line, &ret->level) ||
	    !skip_key(line, " ", LOG_KEY_MSG) || !skip(line, "\"") || !take_outer(line, &ret->message))
		return false;
	if (skip_key(line, " ", LOG_KEY_BPFPROG) && !take_name(line, &ret->bpfprog))
		return false;
	return skip_key(line, " ", LOG_KEY_SUBSYS) && take_plain(line, &ret->subsys) && line->at == line->end;
}

static bool take_key(struct text *message, struct text *ret)
{
	if (!take_plain(message, ret) || !skip(message, "="))
		return false;
	*ret->end = '\0';
	return true;
}

/* The reason of a decision is fixed text, without quotes, and the last field. */
static bool is_reason(const char *key, const struct parts *parts)
{
	static const char plugins[] = "bpf";

	return strcmp(key, log_keys[LOG_KEY_REASON]) == 0 && length_of(&parts->subsys) == strlen(plugins) &&
	       memcmp(parts->subsys.at, plugins, strlen(plugins)) == 0;
}

static bool read_fields(const struct parts *parts, logfmt_visit *visit, void *context)
{
	struct text message = parts->message, first = message, key, value;

	if (!skip_key(&first, "", LOG_KEY_EVENT))
		return false;
	do {
		if (!take_key(&message, &key))
			return false;
		if (is_reason(key.at, parts)) {
			value = message;
			message.at = message.end;
		} else if (!take_value(&message, &value)) {
			return false;
		}
		visit(context, key.at, value.at, length_of(&value));
	} while (skip(&message, " "));
	return message.at == message.end;
}

int logfmt_read(char *line, size_t length, logfmt_visit *visit, void *context)
{
	struct text text = { line, line + length };
	struct parts parts;

	if (length && line[length - 1] == '\n')
		text.end--;
	if (!split(&text, &parts))
		return -EINVAL;
	visit(context, log_keys[LOG_KEY_TIME], parts.time.at, length_of(&parts.time));
	visit(context, log_keys[LOG_KEY_LEVEL], parts.level.at, length_of(&parts.level));
	if (parts.bpfprog.at)
		visit(context, log_keys[LOG_KEY_BPFPROG], parts.bpfprog.at, length_of(&parts.bpfprog));
	visit(context, log_keys[LOG_KEY_SUBSYS], parts.subsys.at, length_of(&parts.subsys));
	return read_fields(&parts, visit, context) ? 0 : -EINVAL;
}
