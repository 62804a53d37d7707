/* SPDX-License-Identifier: Apache-2.0 */
#include "util/utf8.h"

#include "util/memory.h"

/* The range of the second byte excludes overlong forms, surrogates and codes above U+10FFFF. */
struct utf8_lead {
	unsigned char first, last; /* lead bytes of this row */
	unsigned char low, high;   /* range of the second byte */
	unsigned char more;	   /* bytes after the lead byte */
	unsigned char mask;	   /* bits of the lead byte that belong to the code */
};

static const struct utf8_lead utf8_leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 1, 0x1f }, { 0xe0, 0xe0, 0xa0, 0xbf, 2, 0x0f }, { 0xe1, 0xec, 0x80, 0xbf, 2, 0x0f },
	{ 0xed, 0xed, 0x80, 0x9f, 2, 0x0f }, { 0xee, 0xef, 0x80, 0xbf, 2, 0x0f }, { 0xf0, 0xf0, 0x90, 0xbf, 3, 0x07 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 3, 0x07 }, { 0xf4, 0xf4, 0x80, 0x8f, 3, 0x07 },
};

static const struct utf8_lead *find_lead(unsigned char byte)
{
	for (size_t i = 0; i < ARRAY_SIZE(utf8_leads); i++)
		if (byte >= utf8_leads[i].first && byte <= utf8_leads[i].last)
			return &utf8_leads[i];
	return NULL;
}

int utf8_decode(const char *bytes, size_t length, uint32_t *ret)
{
	const unsigned char *in = (const unsigned char *)bytes;
	const struct utf8_lead *lead;
	uint32_t code;

	*ret = in[0];
	if (in[0] < 0x80)
		return 1;
	lead = find_lead(in[0]);
	if (!lead)
		return -1;
	code = in[0] & lead->mask;
	for (int i = 1; i <= lead->more; i++) {
		unsigned char low = i == 1 ? lead->low : 0x80;
		unsigned char high = i == 1 ? lead->high : 0xbf;

		if ((size_t)i >= length || in[i] < low || in[i] > high)
			return -i;
		code = code << 6 | (in[i] & 0x3f);
	}
	*ret = code;
	return lead->more + 1;
}

static const struct {
	uint32_t first, last;
} controls[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0x061c, 0x061c }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
};

bool utf8_is_control(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		if (code >= controls[i].first && code <= controls[i].last)
			return true;
	return false;
}
