// `node:tty` for the native front.
export const isatty = (fd: number): boolean => host.isatty(fd);
