#ifndef COFFER_ADVERSARY_H
#define COFFER_ADVERSARY_H

void say_ready(void);

/* Stops every process that appears, unless it has become the container's program already. */
int attack_stop(char **argv);
/* Traces every process that has become the container's program, and never looks at it again. */
int attack_trace(char **argv);
/* Takes the resources of every process that appears. */
int attack_limit(char **argv);
/* `lease PATH`: holds a write lease on a file, and does not give it back. */
int attack_lease(char **argv);
/* `stall DIRECTORY`: mounts FUSE there, and answers nothing but its first message. */
int attack_stall(char **argv);
/* `stall-self DIRECTORY`: the same by a child; the first process hangs in it. */
int attack_stall_self(char **argv);
/* `fifo DIRECTORY`: mounts a tmpfs there with a named pipe `ptmx`. */
int attack_fifo(char **argv);
/* `look CANARY`: looks into every process that appears, until SIGTERM, and says what it got at. */
int attack_look(char **argv);
/* Is traced by its own child, which lives on, and exits with 7. */
int attack_self_trace(char **argv);

#endif
