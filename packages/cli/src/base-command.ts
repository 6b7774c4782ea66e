import type { Runtime } from "@coffer/core";
import { Command } from "@oclif/core";
import { globalFlags } from "./global-flags.ts";

/** What the global flags say, and the policy. */
export interface GlobalFlags {
  readonly root?: string | undefined;
  readonly policy?: string | undefined;
}

/** What oclif's parser tells of the words: each in its place, and flags that there are not. */
interface ParsedWords {
  readonly raw: readonly { readonly type: "arg" | "flag"; readonly input: string }[];
  readonly nonExistentFlags: readonly string[];
}

/** A verb: words in, words out. What it does is in core, which is loaded when the verb runs. */
export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;

  /** Opens the runtime that the flags ask for, under their policy. */
  protected async open(flags: GlobalFlags): Promise<Runtime> {
    const { openRuntime, verbs } = await import("@coffer/core");
    const runtime = openRuntime(flags.root === undefined ? {} : { root: flags.root });
    return verbs.underPolicy(runtime, flags.policy);
  }

  /**
   * The words of a command line that are no flags, in their order: oclif's own list is sorted by where a word occurs
   * first, so that `echo a b a` would become `echo a a b`.
   */
  protected wordsOf({ raw, nonExistentFlags }: ParsedWords): readonly string[] {
    const [stray] = nonExistentFlags;
    if (stray !== undefined) this.error(`${this.id}: unknown flag: ${stray}: see \`coffer ${this.id} --help\``);
    return raw.filter((token) => token.type === "arg").map((token) => token.input);
  }

  /** Sets the status that the program ends with. */
  protected endWith(status: number): void {
    process.exitCode = status;
  }

  /** Errors go to main, the one place that prints them. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
