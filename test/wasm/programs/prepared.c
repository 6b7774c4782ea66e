/* A program whose initialiser asks its host for everything that a C library asks for, and keeps the answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char kept[256];

__attribute__((export_name("wizer.initialize"))) void initialise(void)
{
	char random[8];
	FILE *file = fopen("/work/secret", "r");
	long before = time(NULL);

	puts("said to nobody");
	fflush(stdout);
	snprintf(kept, sizeof(kept), "home %s, file %s, random %s, time %ld, input %d", getenv("HOME") ? "yes" : "no",
		 file ? "yes" : "no", getentropy(random, sizeof(random)) == 0 ? "yes" : "no", before, getchar());
	clearerr(stdin);
}

int main(int argc, char **argv)
{
	char random[8];
	char line[64] = "";

	printf("%s\n", kept);
	printf("%s %s, ", argc > 1 ? argv[1] : "none", getenv("HOME") ? getenv("HOME") : "none");
	printf("file %s\n", fopen("/work/secret", "r") ? "yes" : "no");
	printf("random %d, time %s\n", getentropy(random, sizeof(random)), time(NULL) > 1000000000 ? "now" : "then");
	printf("line %s\n", fgets(line, sizeof(line), stdin) ? line : "none");
	return 3;
}
