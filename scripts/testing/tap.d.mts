export interface Results {
  readonly passed: number;
  readonly failures: readonly { readonly title: string; readonly details: readonly string[] }[];
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
  readonly files: Readonly<Record<string, number>>;
  readonly isWhole: boolean;
}

export function readTap(text: string): Results;
