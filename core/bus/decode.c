/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "log/keys.h"
#include "util/clock.h"
#include "util/memory.h"

/* The last byte says whether the string was cut: see BPFLOCK_CUT. */
static void add_string(struct decoded_record *decoded, const char *name, const char *bytes, size_t size, bool *ret_cut)
{
	size_t length = strnlen(bytes, size);

	*ret_cut = length == size;
	if (*ret_cut)
		length--;
	if (length)
		log_bytes(&decoded->record, name, bytes, length);
}

static void add_strv(struct decoded_record *decoded, const char *name, const char *bytes, size_t size, bool *ret_cut)
{
	__u32 length;

	memcpy(&length, bytes, sizeof(length));
	*ret_cut = length & BPFLOCK_STRV_CUT;
	length &= ~BPFLOCK_STRV_CUT;
	if (length > size - sizeof(length))
		length = (__u32)(size - sizeof(length));
	if (length)
		log_strv(&decoded->record, name, bytes + sizeof(length), length);
}

static void append(struct decoded_record *decoded, const char *bytes, size_t length)
{
	memcpy(decoded->texts + decoded->texts_length, bytes, length);
	decoded->texts_length += length;
}

/* The names of a BPFLOCK_PATH(), which end in NUL each, from the last to the first. */
static void join_names(struct decoded_record *decoded, const char *names, size_t end)
{
	if (end == 1)
		append(decoded, "/", 1);
	while (end) {
		size_t begin = end - 1;

		while (begin && names[begin - 1])
			begin--;
		append(decoded, names + begin, end - 1 - begin);
		if (begin)
			append(decoded, "/", 1);
		end = begin;
	}
}

static void add_path(struct decoded_record *decoded, const char *name, const char *bytes, size_t size, bool *ret_cut)
{
	const char *names = bytes + sizeof(__u32), *path = decoded->texts + decoded->texts_length;
	__u32 length;
	size_t end;

	memcpy(&length, bytes, sizeof(length));
	end = length & ~BPFLOCK_PATH_DELETED;
	if (end > size - sizeof(length))
		end = size - sizeof(length);
	if (!end || names[end - 1])
		return;
	*ret_cut = end > 1 && names[end - 2];
	join_names(decoded, names, end);
	if (length & BPFLOCK_PATH_DELETED)
		append(decoded, DELETED_SUFFIX, strlen(DELETED_SUFFIX));
	log_bytes(&decoded->record, name, path, (size_t)(decoded->texts + decoded->texts_length - path));
}

/* Adds what the caller has written behind the last of the texts. */
static void add_text(struct decoded_record *decoded, const char *name)
{
	char *text = decoded->texts + decoded->texts_length;
	size_t length = strlen(text);

	decoded->texts_length += length;
	log_bytes(&decoded->record, name, text, length);
}

static void add_address(struct decoded_record *decoded, const char *name, int family, const void *address)
{
	inet_ntop(family, address, decoded->texts + decoded->texts_length, INET6_ADDRSTRLEN);
	add_text(decoded, name);
}

static void add_ip6(struct decoded_record *decoded, const char *name, const char *bytes)
{
	struct in6_addr address;

	memcpy(&address, bytes, sizeof(address));
	if (IN6_IS_ADDR_V4MAPPED(&address))
		add_address(decoded, name, AF_INET, &address.s6_addr[12]);
	else
		add_address(decoded, name, AF_INET6, &address);
}

static void add_mac(struct decoded_record *decoded, const char *name, const char *bytes)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	snprintf(decoded->texts + decoded->texts_length, TEXT_ADDED_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0],
		 byte[1], byte[2], byte[3], byte[4], byte[5]);
	add_text(decoded, name);
}

static __u64 read_unsigned(const char *bytes, size_t size)
{
	__u64 number = 0;

	memcpy(&number, bytes, size);
	return number;
}

static __s64 read_signed(const char *bytes, size_t size)
{
	unsigned int unused = (unsigned int)(sizeof(__s64) - size) * 8;

	return (__s64)(read_unsigned(bytes, size) << unused) >> unused;
}

static void add_enum(struct log_record *record, const struct bpflock_field *field, __u64 number)
{
	const struct bpflock_value *values = field->values.rows;

	for (__u32 i = 0; i < field->values.count; i++) {
		if (values[i].value == number) {
			log_str(record, field->name, values[i].name);
			return;
		}
	}
	log_uint(record, field->name, number);
}

static void add_value(struct decoded_record *decoded, const struct bpflock_field *field, const char *bytes, size_t size,
		      bool *ret_cut)
{
	struct log_record *record = &decoded->record;

	switch (field->type) {
	case BPFLOCK_FIELD_UINT:
	case BPFLOCK_FIELD_UID:
		log_uint(record, field->name, read_unsigned(bytes, field->size));
		break;
	case BPFLOCK_FIELD_INT:
	case BPFLOCK_FIELD_ERRNO:
		log_int(record, field->name, read_signed(bytes, field->size));
		break;
	case BPFLOCK_FIELD_HEX:
		log_hex(record, field->name, read_unsigned(bytes, field->size));
		break;
	case BPFLOCK_FIELD_ENUM:
		add_enum(record, field, read_unsigned(bytes, field->size));
		break;
	case BPFLOCK_FIELD_STR:
		add_string(decoded, field->name, bytes, size, ret_cut);
		break;
	case BPFLOCK_FIELD_STRV:
		add_strv(decoded, field->name, bytes, field->size, ret_cut);
		break;
	case BPFLOCK_FIELD_PATH:
		add_path(decoded, field->name, bytes, field->size, ret_cut);
		break;
	case BPFLOCK_FIELD_IP4:
		add_address(decoded, field->name, AF_INET, bytes);
		break;
	case BPFLOCK_FIELD_IP6:
		add_ip6(decoded, field->name, bytes);
		break;
	case BPFLOCK_FIELD_MAC:
		add_mac(decoded, field->name, bytes);
		break;
	case BPFLOCK_FIELD_MODE:
		log_octal(record, field->name, read_unsigned(bytes, field->size));
		break;
	case BPFLOCK_FIELD_TIME:
		log_time(record, field->name, clock_wall_time(read_unsigned(bytes, field->size), decoded->boot_time));
		break;
	}
}

/* (uid_t)-1 is nobody: no record has to say so by a flag. */
static bool is_left_out(const struct bpflock_field *field, const char *bytes)
{
	static const unsigned char unset[sizeof(__u64)] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return (field->flags & BPFLOCK_FIELD_OPTIONAL || field->type == BPFLOCK_FIELD_UID) &&
	       memcmp(bytes, unset, field->size) == 0;
}

static void mark_detail(struct log_field *field)
{
	field->detail = true;
	field->json_only = true;
}

/* A text may have fewer bytes than its field. */
static void add_field(struct decoded_record *decoded, const struct bpflock_field *field, const char *bytes, size_t size)
{
	struct log_record *record = &decoded->record;
	size_t before = record->field_count, used = strlen(decoded->truncated);
	bool cut = false;

	if (is_left_out(field, bytes))
		return;
	add_value(decoded, field, bytes, size, &cut);
	if (record->field_count > before && field->flags & BPFLOCK_FIELD_DETAIL)
		mark_detail(&record->fields[before]);
	if (!cut)
		return;
	snprintf(decoded->truncated + used, sizeof(decoded->truncated) - used, "%s%s", used ? "," : "", field->name);
	if (!(field->flags & BPFLOCK_FIELD_DETAIL))
		decoded->truncated_in_logfmt = true;
}

static bool is_retval(const struct bpflock_field *field)
{
	return strcmp(field->name, "retval") == 0;
}

size_t field_size(const struct bpflock_field *field, size_t record_size)
{
	if (field->offset + field->size <= record_size)
		return field->size;
	if (field->type == BPFLOCK_FIELD_STR && field->offset < record_size)
		return record_size - field->offset;
	return 0;
}

static void add_field_of(struct decoded_record *decoded, const struct bpflock_field *field, const char *bytes,
			 size_t size)
{
	size_t used = field ? field_size(field, size) : 0;

	if (used)
		add_field(decoded, field, bytes + field->offset, used);
}

/* Returns the field `retval`, which comes last; NULL where there is none. */
static const struct bpflock_field *add_fields(struct decoded_record *decoded, const struct bpflock_event_type *type,
					      const char *bytes, size_t size)
{
	const struct bpflock_field *fields = type->fields.rows, *retval = NULL;

	for (__u32 i = 0; i < type->fields.count; i++)
		if (is_retval(&fields[i]))
			retval = &fields[i];
		else
			add_field_of(decoded, &fields[i], bytes, size);
	return retval;
}

static void add_task(struct log_record *record, const struct bpflock_event *event)
{
	log_uint(record, log_keys[LOG_KEY_TGID], event->tgid);
	log_uint(record, log_keys[LOG_KEY_PID], event->pid);
	log_uint(record, log_keys[LOG_KEY_PPID], event->ppid);
	log_uint(record, log_keys[LOG_KEY_UID], event->uid);
	log_uint(record, log_keys[LOG_KEY_CGROUPID], event->cgroupid);
	log_bytes(record, log_keys[LOG_KEY_COMM], event->comm, strnlen(event->comm, sizeof(event->comm)));
	log_bytes(record, log_keys[LOG_KEY_PCOMM], event->pcomm, strnlen(event->pcomm, sizeof(event->pcomm)));
}

static void add_operation(struct decoded_record *decoded, const struct operations *operations, __u32 index)
{
	const struct operation *operation = operations_at(operations, index);
	struct log_record *record = &decoded->record;

	if (!operation) {
		operation_unknown_text(index, decoded->operation);
		log_str(record, log_keys[LOG_KEY_OPERATION], decoded->operation);
		return;
	}
	log_str(record, log_keys[LOG_KEY_OPERATION], operation->text);
	log_str(record, log_keys[LOG_KEY_OP], operation->name);
	record->fields[record->field_count - 1].json_only = true;
}

static void add_truncated(struct decoded_record *decoded)
{
	struct log_record *record = &decoded->record;

	if (!decoded->truncated[0])
		return;
	log_str(record, log_keys[LOG_KEY_TRUNCATED], decoded->truncated);
	if (!decoded->truncated_in_logfmt)
		mark_detail(&record->fields[record->field_count - 1]);
}

static int add_decision(struct decoded_record *decoded, const struct bus_source *source,
			const struct bpflock_event_type *type, const void *bytes, size_t size)
{
	const struct bpflock_decision *decision = bytes;
	struct log_record *record = &decoded->record;
	const char *reason;

	if (size < sizeof(*decision))
		return -EINVAL;
	reason = policy_reason(decision->rule, decision->verdict);
	if (!reason)
		return -EINVAL;
	record->denied = decision->verdict == BPFLOCK_VERDICT_DENIED;
	add_operation(decoded, &source->plugin->operations, decision->operation);
	add_task(record, &decision->event);
	add_fields(decoded, type, bytes, size);
	add_truncated(decoded);
	if (decision->grant)
		log_uint(record, log_keys[LOG_KEY_GRANT], decision->grant);
	log_int(record, "retval", decision->retval);
	log_text(record, log_keys[LOG_KEY_REASON], reason);
	return 0;
}

/* The fields stay as they are: there are many, and most are not used. */
static void begin_record(struct log_record *record, const char *plugin, const char *event)
{
	record->level = LOG_LEVEL_INFO;
	record->subsys = "bpf";
	record->bpfprog = plugin;
	record->event = event;
	record->denied = false;
	record->events = 1;
	record->field_count = 0;
}

int record_decode(const struct bus_source *source, const void *bytes, size_t size, __s64 boot_time,
		  struct decoded_record *ret)
{
	const struct bpflock_event *event = bytes;
	const struct bpflock_event_type *type;
	const struct bpflock_field *retval;

	if (size < sizeof(*event))
		return -EINVAL;
	type = plugin_event_type(source->plugin, event->type);
	if (!type)
		return -EINVAL;
	ret->truncated[0] = '\0';
	ret->truncated_in_logfmt = false;
	ret->texts_length = 0;
	ret->boot_time = boot_time;
	begin_record(&ret->record, source->plugin->name, type->name);
	ret->record.time = clock_wall_time(event->time, boot_time);
	if (type->flags & BPFLOCK_EVENT_DECISION)
		return add_decision(ret, source, type, bytes, size);
	if (!(type->flags & BPFLOCK_EVENT_NO_TASK))
		add_task(&ret->record, event);
	retval = add_fields(ret, type, bytes, size);
	add_truncated(ret);
	add_field_of(ret, retval, bytes, size);
	return 0;
}

/* retval and reason come last. */
static size_t last_fields(const struct log_record *record)
{
	size_t count = 0;

	while (count < record->field_count &&
	       (strcmp(record->fields[record->field_count - count - 1].key, "retval") == 0 ||
		strcmp(record->fields[record->field_count - count - 1].key, log_keys[LOG_KEY_REASON]) == 0))
		count++;
	return count;
}

void record_move_forward(struct log_record *record)
{
	struct log_field added = record->fields[--record->field_count];
	size_t last = last_fields(record);
	struct log_field *place = &record->fields[record->field_count - last];

	memmove(place + 1, place, last * sizeof(*place));
	*place = added;
	record->field_count++;
}

void record_add_count(struct log_record *record, __u64 count)
{
	record->events = count;
	log_uint(record, log_keys[LOG_KEY_COUNT], count);
	record_move_forward(record);
}

void record_mark_several(struct log_record *record)
{
	log_str(record, log_keys[LOG_KEY_COMMS], "several");
	record_move_forward(record);
}

void record_mark_again(struct log_record *record)
{
	log_str(record, log_keys[LOG_KEY_AGAIN], "yes");
	record_move_forward(record);
}
