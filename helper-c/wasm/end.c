/* The end of a program whose module did what it must not: one line that names the trap and the
 * function of the module, and status 134. */
#include "wasi.h"

#define ABORTED 134
#define LINE_SIZE 1024

static size_t add(char *line, size_t used, const char *text)
{
	while (*text != 0 && used < LINE_SIZE - 1)
		line[used++] = *text++;
	return used;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A name as the module has it: wasm2c writes 0xHH for what C does not allow. Only what can be
 * printed is translated back. */
static size_t add_name(char *line, size_t used, const char *name)
{
	while (*name != 0) {
		char one[2] = {*name, 0};
		size_t read = 1;

		if (name[0] == '0' && name[1] == 'x' && digit_of(name[2]) >= 2 &&
		    digit_of(name[2]) < 8 && digit_of(name[3]) >= 0) {
			char c = (char)(digit_of(name[2]) * 16 + digit_of(name[3]));

			if (c < 127) {
				one[0] = c;
				read = 4;
			}
		}
		used = add(line, used, one);
		name += read;
	}
	return used;
}

static bool is_same(const char *a, const char *b)
{
	while (*a != 0 && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool is_decimal(const char *text)
{
	const char *at = text;

	while (*at >= '0' && *at <= '9')
		at++;
	return at != text && *at == 0;
}

/* wasm2c gives the name of an export to the export, and to its function the name with a number.
 * Such a function has the name of its export here. */
static const char *exported_as(const char *name)
{
	for (uint32_t at = 0; at < function_count; at++) {
		const char *one = function_names[at].exported;
		size_t size = 0;

		if (one == NULL || !is_same(function_names[at].name, name))
			continue;
		while (one[size] != 0 && one[size] == name[size])
			size++;
		if (one[size] == 0 && name[size] == '_' && is_decimal(name + size + 1))
			return one;
	}
	return name;
}

/* wasm2c calls a function f and its number if the module has no name for it. */
static bool is_number(const char *name)
{
	return name[0] == 'f' && is_decimal(name + 1);
}

_Noreturn void end(const char *what, const char *where)
{
	char line[LINE_SIZE];
	size_t used = add(line, 0, "coffer: wasm: ");

	used = add(line, used, what);
	if (where != NULL) {
		where = exported_as(where);
		used = add(line, used, " in function ");
		used = add_name(line, used, where);
		if (is_number(where))
			used = add(line, used, ": the module has no names: build it with -g");
	}
	line[used++] = '\n';
	(void)sys_write(2, line, used);
	sys_exit(ABORTED);
}

_Noreturn void fail(const char *what)
{
	end(what, NULL);
}

_Noreturn void trap_at(const char *what, uintptr_t pc)
{
	const struct function_name *found = NULL;

	/* The module's functions come first; then its entry, and the shim. */
	if (pc >= (uintptr_t)guest_run)
		end(what, NULL);
	for (uint32_t at = 0; at < function_count; at++) {
		const struct function_name *one = &function_names[at];

		if ((uintptr_t)one->at <= pc &&
		    (found == NULL || (uintptr_t)one->at > (uintptr_t)found->at))
			found = one;
	}
	end(what, found == NULL ? NULL : found->name);
}
