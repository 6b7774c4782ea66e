// Which values of settings have no secret, as far as their words tell.
import type { Kind } from "./table.ts";

const address = /^(?:sparse\+)?https?:\/\/[\w.-]+(?::\d+)?(?:\/[\w.~%+:@-]*)*$/;
/** A word of letters and digits, or a UUID: some registries have a token in the path. */
const token = /(?:^|[^a-z\d])(?=[a-z]*\d)(?=\d*[a-z])(?:[a-z\d]{16,}|[a-f\d]{8}(?:-[a-f\d]{4}){3}-[a-f\d]{12})/i;

const isOpenUrl = (text: string): boolean => address.test(text) && !token.test(text.replace(/^[^/]*\/\/[^/]*/, ""));
const isWord = (text: string): boolean => /^[\w.,:*~^/@+-]{0,200}$/.test(text);

/** Whether a value is no secret, as far as its words tell. */
export const isOpen: Readonly<Record<Kind, (value: string) => boolean>> = {
  urls: (value) => value.split(/[\s,|]+/).every((one) => isOpenUrl(one) || one === "direct" || one === "off"),
  beside: isWord,
  certificates: (value) => /^~?\/[\w./@ +-]+$/.test(value),
  word: isWord,
};
