// What is known of a module before it is translated.

/** What a module imports or exports, by the number in the format. */
export const kinds = ["function", "table", "memory", "global", "tag"] as const;
export type Kind = (typeof kinds)[number];

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: Kind;
  /** Of a function: such as `iI:i`. */
  readonly type: string | undefined;
  readonly offset: number;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: Kind;
  readonly index: number;
}

/** Limits of a memory, in pages of 64 KiB. */
export interface ModuleMemory {
  readonly pages: number;
  readonly most: number | undefined;
  readonly isShared: boolean;
  readonly is64: boolean;
}

/** A module, as far as it was read. */
export interface Module {
  readonly size: number;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  readonly memories: readonly ModuleMemory[];
  /** The types of the functions that it defines. */
  readonly functions: readonly string[];
  /** Bytes of code, and of data segments. */
  readonly codeSize: number;
  readonly dataSize: number;
  /** Bytes of the longest function. */
  readonly longestBody: number;
  /** Some type has more than one result. */
  readonly hasTuples: boolean;
  /** Names of its custom sections. */
  readonly custom: readonly string[];
}
