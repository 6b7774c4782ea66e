// What the build makes (scripts/site/build.ts).
declare module "virtual:worker" {
  const text: string;
  export default text;
}

declare module "virtual:policy-schema" {
  const text: string;
  export default text;
}
