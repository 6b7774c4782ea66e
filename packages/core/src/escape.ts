// How the command line prints untrusted text. Loaded before anything else of core is.
export { escapeControl, escapeJson, shellWord } from "@coffer/spec/escape";
