/* The ops of init: one function each, declared here and listed in the table of main.c. */
#ifndef COFFER_INIT_OPS_H
#define COFFER_INIT_OPS_H

#include "../sys/run.h"

op_function op_mount_point, op_attach, op_attach_root, op_isolate_mounts, op_make_masks;
op_function op_mask, op_readonly_path, op_guard_path, op_expect_mount, op_pivot, op_chroot,
    op_make_link, op_make_file;
op_function op_open_ptmx, op_open_peer, op_set_window, op_new_session, op_give_slot;
op_function op_set_name, op_loopback_up, op_sysctl, op_new_keyring;
op_function op_join_namespaces, op_fork, op_lock_mounts, op_become, op_set_dumpable;
op_function op_drop_bounding, op_set_ids, op_set_caps, op_set_no_new_privs, op_load_seccomp,
    op_set_umask;
op_function op_copy_up, op_copy_mode, op_change_dir, op_find_exec, op_set_death_signal, op_place_fd,
    op_gate, op_exec, op_sync_init, op_set_personality, op_set_memory_policy, op_load_listener;
op_function op_make_ruleset, op_allow_path, op_allow_port, op_enforce_ruleset;
op_function op_open_label, op_set_label, op_set_own_rlimit, op_find_home, op_plain_output,
    op_listen;

/* Changes all user and group ids, keeping the permitted capabilities effective. 0 or -errno. */
int take_ids(uint64_t uid, uint64_t gid);

/* Loads the filter of an op with a seccomp(2) flag for the listener; the plan's flags do not say
 * whether there is one. A descriptor, 0, or -errno. */
long load_filter(const struct run *run, const struct plan_op *op, uint64_t listener);

/* Sends a message to the launcher or to `start`, with run->fault (which only MSG_FAULT is about)
 * and at most one descriptor (fd < 0: none). 0 or -errno. */
int tell(const struct run *run, uint32_t kind, uint64_t value, int fd);

/* Says `exec now` on the socket, once: the launcher or `start` takes end-of-file after it for
 * success. */
int say_exec_now(struct run *run);

/* Forks, and stays as the first process of the container; only the child returns. 0 or -errno. */
int stay_first(const struct run *run);

/* Takes the plan out of our memory: nothing of it can be used any more. 0 or -errno. */
long plan_forget(const struct plan_view *plan);

/* Runs the ops after run->fault.op (OP_NONE: from the first on). `arg` is the run. */
__attribute__((noreturn)) void init_continue(void *arg);

/* Reports run->fault to whoever waits, and ends. */
__attribute__((noreturn)) void init_fail(struct run *run);

#endif
