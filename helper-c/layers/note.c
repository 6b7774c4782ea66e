/* Writes over what a file of a journal has. That needs no room where files are not copied on write:
 * an undo works on a full disk. What is not written stays as it was. */
#include "layers.h"

static int write_over(int fd, const char *text)
{
	size_t size = strlen(text);

	for (size_t done = 0; done < size;) {
		long n = SYS4(pwrite64, fd, text + done, size - done, done);

		if (n < 0 && n != -EINTR)
			return (int)n;
		done += n > 0 ? (size_t)n : 0;
	}
	return (int)SYS1(fsync, fd);
}

/* Everything that was made before is on the disk as well. */
static int sync_all(int dir)
{
	int fd = path_open(dir, ".", O_RDONLY | O_DIRECTORY, LAYER_RESOLVE);
	long err = fd < 0 ? fd : SYS1(syncfs, fd);

	(void)sys_close(fd);
	return (int)err;
}

int layers_note(struct layers *l)
{
	const char *name = layers_field(l), *text = layers_field(l);

	if (!name || !text || !*name)
		return -EINVAL;
	int fd = path_open(l->slots, name, O_WRONLY | O_NOFOLLOW, LAYER_RESOLVE);
	int err = fd < 0 ? fd : write_over(fd, text);

	(void)sys_close(fd);
	if (err == 0)
		err = sync_all(l->slots);
	if (err < 0 && out_number((uint64_t)-err) == 0)
		(void)out_flush();
	return err;
}
