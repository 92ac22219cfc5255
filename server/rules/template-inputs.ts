/** The names between double braces in a Prompt's template, each once, in the order of their first use. */
export function templateInputs(template: unknown): { name: string }[] {
  const names = JSON.stringify(template ?? '').matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g);
  return Array.from(new Set(Array.from(names, ([, name = '']) => name)), (name) => ({ name }));
}
