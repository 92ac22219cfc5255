/** The lines in which the runner would find a command: `::name::` at the start, or `##[name]` anywhere. */
export function workflowCommands(log: string): string[] {
  return log.split(/\r\n|[\r\n]/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['));
}
