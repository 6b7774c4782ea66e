import { escapeControl } from "@coffer/core/escape";

/** Error texts can hold names out of a config. None may move the cursor of a terminal or make a second log line. */
export function toOneLine(text: string): string {
  return escapeControl(text.replaceAll("\n", " "));
}
