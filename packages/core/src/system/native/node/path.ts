// `node:path` for the native front.
export const basename = (path: string): string => path.slice(path.replace(/\/+$/, "").lastIndexOf("/") + 1);
