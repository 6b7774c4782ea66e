// The program ends after a container or two: to look for a filter takes as long as to compile it.
export { compileSeccomp as compileOnce } from "../../../seccomp/compiler/compile.ts";
