/* SPDX-License-Identifier: Apache-2.0 */
#include "hook.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/suggest.h"
#include "loader/object_check.h"
#include "util/memory.h"
#include "util/words.h"

/* Names that a program cannot give to a parameter, or has given to something else. */
#define TAKEN_NAMES                                                                                                \
	"asm auto bool break case char const continue default do double else enum extern false float for goto if " \
	"inline int long register restrict return short signed sizeof static struct switch true typedef typeof "   \
	"union unsigned void volatile while NULL linux unix ctx ret event"

static bool is_kind(const struct hook *hook, const char *kind)
{
	return strncmp(hook->section, kind, strlen(kind)) == 0;
}

bool hook_is_lsm(const struct hook *hook)
{
	return is_kind(hook, "lsm");
}

static int refuse_arguments(const struct hook *hook, struct report *report, const char *subject, const char *reason)
{
	report_remedy(report_add(report, REPORT_ERROR, "hook", NULL,
				 "BPF_PROG() cannot take the arguments of %s: %s %s", hook->section, subject, reason),
		      "make a plugin for another hook, and write this program by hand");
	return -EINVAL;
}

/*
 * The type without qualifiers and typedefs; NULL for void. btf__resolve_type() takes a structure that is only declared
 * for void.
 */
static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	return btf_is_void(type) ? NULL : type;
}

/* A structure that <bpflock/kernel.bpf.h> defines may be declared again. */
static void declare(struct hook *hook, const char *kind, const char *name)
{
	CLEANUP(cleanup_free) char *declaration = xasprintf("%s %s;\n", kind, name);

	if (!strstr(hook->declarations, declaration))
		xappend(&hook->declarations, "", "%s", declaration);
}

static char *pointer_type(struct hook *hook, const struct btf *btf, const struct btf_type *pointer)
{
	const struct btf_type *target = resolve(btf, pointer->type);
	const char *name = target ? btf__name_by_offset(btf, target->name_off) : "";
	const char *kind;

	if (target && btf_is_int(target) && strcmp(name, "char") == 0)
		return xstrdup("const char *");
	if (!*name || !(btf_is_composite(target) || btf_is_fwd(target)))
		return xstrdup("const void *");
	kind = btf_is_union(target) || (btf_is_fwd(target) && btf_kflag(target)) ? "union" : "struct";
	declare(hook, kind, name);
	return xasprintf("const %s %s *", kind, name);
}

/* The integer that is passed; NULL for one that no register holds. */
static char *integer_type(const struct hook_parameter *parameter, const struct btf_type *type)
{
	static const char *const names[][2] = {
		[1] = { "unsigned char ", "signed char " },
		[2] = { "unsigned short ", "short " },
		[4] = { "unsigned int ", "int " },
		[8] = { "unsigned long ", "long " },
	};

	if (btf_is_int(type) && btf_int_encoding(type) & BTF_INT_BOOL)
		return xstrdup("bool ");
	if (parameter->size >= ARRAY_SIZE(names) || !names[parameter->size][0])
		return NULL;
	return xstrdup(names[parameter->size][parameter->is_signed]);
}

static bool is_signed(const struct btf_type *type)
{
	return btf_is_int(type) ? btf_int_encoding(type) & BTF_INT_SIGNED : btf_kflag(type);
}

/* Sets the type; NULL for what is passed neither as a number nor as a pointer. */
static void set_type(struct hook *hook, struct hook_parameter *parameter, const struct btf *btf, __u32 id)
{
	const struct btf_type *type = resolve(btf, id);

	if (type && btf_is_ptr(type)) {
		parameter->type = pointer_type(hook, btf, type);
	} else if (type && (btf_is_int(type) || btf_is_any_enum(type))) {
		parameter->size = type->size;
		parameter->is_signed = is_signed(type);
		parameter->type = integer_type(parameter, type);
	}
}

static bool is_taken(const struct hook *hook, const char *name)
{
	for (size_t i = 0; i < hook->count; i++)
		if (strcmp(hook->parameters[i].name, name) == 0)
			return true;
	return words_have(TAKEN_NAMES, ' ', name);
}

static char *parameter_name(const struct hook *hook, const char *name)
{
	char *free_name = *name ? xstrdup(name) : xasprintf("arg%zu", hook->count);

	while (is_taken(hook, free_name))
		xappend(&free_name, "", "_");
	return free_name;
}

/* Adds a parameter of this name, which no other one has. */
static int add_parameter(struct hook *hook, char *name, const struct btf *btf, __u32 type, struct report *report)
{
	struct hook_parameter *parameter = &hook->parameters[hook->count++];

	parameter->name = name;
	set_type(hook, parameter, btf, type);
	if (parameter->type)
		return 0;
	return refuse_arguments(hook, report, name, "is passed as a structure, or as no integer of 1 to 8 bytes");
}

static int add_parameters(struct hook *hook, const struct btf *btf, const struct btf_type *prototype, __u16 first,
			  struct report *report)
{
	const struct btf_param *parameters = btf_params(prototype);
	__u16 count = btf_vlen(prototype);
	int error = 0;

	if (count > first && !parameters[count - 1].type)
		return refuse_arguments(hook, report, "their number", "varies");
	if (count - first + hook->has_result > HOOK_PARAMETERS_MAX)
		return refuse_arguments(hook, report, "they", "are more than 12, with the result");
	for (__u16 i = first; i < count && !error; i++)
		error = add_parameter(hook, parameter_name(hook, btf__name_by_offset(btf, parameters[i].name_off)), btf,
				      parameters[i].type, report);
	return error;
}

/*
 * The parameters of a tracepoint's type have no names. In kernels that have its function, those of the function are the
 * same, and have names.
 */
static const struct btf_type *tracepoint_prototype(const struct btf *btf, const struct btf_type *definition,
						   const char *name)
{
	CLEANUP(cleanup_free) char *function = xasprintf("__traceiter_%s", name);
	const struct btf_type *pointer = resolve(btf, definition->type);
	const struct btf_type *prototype = btf__type_by_id(btf, pointer->type);
	int named = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *alternative = named > 0 ? btf__type_by_id(btf, (__u32)named) : NULL;

	alternative = alternative ? btf__type_by_id(btf, alternative->type) : NULL;
	return alternative && btf_vlen(alternative) == btf_vlen(prototype) ? alternative : prototype;
}

/* The first parameter of a tracepoint is what its probe was registered with. */
static int read_signature(struct hook *hook, const struct btf *btf, __u32 id, struct report *report)
{
	const struct btf_type *target = btf__type_by_id(btf, id), *prototype;
	int error;

	if (btf_is_typedef(target))
		return add_parameters(hook, btf, tracepoint_prototype(btf, target, hook->name), 1, report);
	prototype = btf__type_by_id(btf, target->type);
	hook->has_result = prototype->type && !is_kind(hook, "fentry/");
	error = add_parameters(hook, btf, prototype, 0, report);
	if (!error && hook->has_result)
		error = add_parameter(hook, xstrdup("ret"), btf, prototype->type, report);
	if (error || !hook_is_lsm(hook) || !hook->has_result || hook->parameters[hook->count - 1].size)
		return error;
	report_add(report, REPORT_ERROR, "hook", NULL, "%s is no hook: it does not return an integer", hook->section);
	return -EINVAL;
}

static void add_name(void *names, const char *name)
{
	config_names_add(names, name);
}

static void report_unknown(const struct hook *hook, const struct kernel *kernel, struct report *report)
{
	struct report_item *item;
	struct config_names valid = { 0 };

	item = report_add(report, REPORT_ERROR, "hook", NULL, "the kernel of this BTF has no %s", hook->section);
	kernel_visit_targets(kernel, hook->section, add_name, &valid);
	config_suggest_nearest(item, &valid, hook->name);
	config_names_clear(&valid);
}

/* Compilers put dots into names of functions. */
static void make_identifier(char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name))
			*name = '_';
}

int hook_find(const char *text, const struct kernel *kernel, struct hook *ret, struct report *report)
{
	int id;

	*ret = (struct hook){ .section = strchr(text, '/') ? xstrdup(text) : xasprintf("lsm/%s", text) };
	ret->name = xstrdup(strchr(ret->section, '/') + 1);
	ret->declarations = xstrdup("");
	if (!kernel_knows_section(ret->section)) {
		object_suggest_section(report_add(report, REPORT_ERROR, "hook", NULL,
						  "bpflock attaches no program of the section '%s'", ret->section),
				       ret->section);
		return -EINVAL;
	}
	id = kernel_target_id(kernel, ret->section);
	if (id < 0) {
		report_unknown(ret, kernel, report);
		return -EINVAL;
	}
	make_identifier(ret->name);
	return read_signature(ret, kernel->btf, (__u32)id, report);
}

void hook_clear(struct hook *hook)
{
	for (size_t i = 0; i < hook->count; i++) {
		free(hook->parameters[i].name);
		free(hook->parameters[i].type);
	}
	free(hook->declarations);
	free(hook->name);
	free(hook->section);
	*hook = (struct hook){ 0 };
}
