/* Takes memory until malloc fails, and tells how much it was, in MiB. */
#include <stdio.h>
#include <stdlib.h>

char *volatile last;

int main(void)
{
	int count = 0;

	while ((last = malloc(1 << 20)) != NULL)
		count++;
	printf("%d\n", count);
	return 0;
}
