// Stacks that may leave the process: without frames of the runtime's own code.

/** The message, and the frames of the plugin's own script. */
export function pluginLines(stack: string): string {
  const lines = stack.split('\n')
  let kept = ''
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string
    if (line.trimStart().startsWith('at ') && !line.includes('plugin:///')) continue
    kept += index === 0 ? line : `\n${line}`
  }
  return kept
}
