/* Tools of the test host: each verb sets something up and then executes or serves a command. */
#pragma once

#include <sys/types.h>

/* Each returns an exit status; those that execute a command return only when that failed. */
int tool_deny(char **argv);
int tool_fds(char **argv);
int tool_ignore(char **argv);
int tool_agent(char **argv);
int tool_notify(char **argv);
int tool_pidfd(char **argv);
int tool_pty(char **argv);
int tool_console(char **argv);
int tool_inject(char **argv);
int tool_kill_at(char **argv);
int tool_loosen(char **argv);
int tool_race(char **argv);
int tool_rights(char **argv);
int tool_key(char **argv);
int tool_seals(char **argv);
int tool_strace(char **argv);

/* Starts a command that is traced from its first instruction (ptrace(2), PTRACE_SEIZE). Its pid, or
 * -1. */
pid_t start_traced(char **argv, long options);
