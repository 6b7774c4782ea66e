/* What the files of this program have in common. */
#ifndef SAME_H
#define SAME_H

/* Says how a call ended, what a name is, and what a descriptor is, which is closed. */
void say(const char *what, long result);
void show(const char *path);
void opened(const char *what, int fd);

void links(void);
void others(void);

#endif
