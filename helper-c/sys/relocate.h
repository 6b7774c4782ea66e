/* A static PIE has no loader: it adds its own address to the pointers in its data itself, and then
 * makes those read-only. */
#ifndef COFFER_RELOCATE_H
#define COFFER_RELOCATE_H

#include "sys.h"
#include <linux/elf.h>

#if defined(__x86_64__)
#define RELATIVE 8
#else
#define RELATIVE 1027
#endif

/* Of the linker. */
extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

__attribute__((no_stack_protector)) static void start_protect(uintptr_t base, uintptr_t page)
{
	const Elf64_Phdr *header = (const void *)(base + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++, header++) {
		uintptr_t from = (base + header->p_vaddr) & ~(page - 1);
		uintptr_t to = (base + header->p_vaddr + header->p_memsz) & ~(page - 1);

		if (header->p_type == PT_GNU_RELRO && to > from &&
		    SYS3(mprotect, from, to - from, PROT_READ) < 0)
			__builtin_trap();
	}
}

__attribute__((no_stack_protector)) static void start_relocate(uintptr_t page)
{
	uintptr_t base = (uintptr_t)&__ehdr_start;
	const Elf64_Rela *entry = NULL;
	uint64_t size = 0;

	for (const Elf64_Dyn *dyn = _DYNAMIC; dyn->d_tag; dyn++) {
		if (dyn->d_tag == DT_RELA)
			entry = (const void *)(base + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_RELASZ)
			size = dyn->d_un.d_val;
	}
	for (; size >= sizeof(*entry); size -= sizeof(*entry), entry++) {
		if (ELF64_R_TYPE(entry->r_info) != RELATIVE)
			__builtin_trap();
		*(uintptr_t *)(base + entry->r_offset) = base + (uintptr_t)entry->r_addend;
	}
	start_protect(base, page);
}

#endif
