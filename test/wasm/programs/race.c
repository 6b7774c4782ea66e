/* Opens a path again and again, and tells if it ever read what lies outside. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	int opened = 0;

	for (int n = 0; n < 20000; n++) {
		char text[8] = {0};
		int fd = open("/work/sub/secret", O_RDONLY);

		if (fd < 0)
			continue;
		opened++;
		if (read(fd, text, 6) == 6 && strcmp(text, "secret") == 0) {
			puts("escaped");
			return 1;
		}
		close(fd);
	}
	printf("opened %s\n", opened > 0 ? "some" : "none");
	return 0;
}
