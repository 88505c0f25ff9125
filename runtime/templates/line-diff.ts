// What differs between two texts, for people: the lines between their common beginning and their common end.
// Invariant: linear in the length of the texts, and bounded: they are of plugins.

const CONTEXT = 2
const MAX_LINES = 400

/** As `diff -u` shows one hunk; empty for texts that are the same. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return ''
  const old = before.split('\n')
  const next = after.split('\n')
  let start = 0
  while (start < old.length && start < next.length && old[start] === next[start]) start++
  let end = 0
  while (end < old.length - start && end < next.length - start && old.at(-1 - end) === next.at(-1 - end))
    end++
  const first = Math.max(0, start - CONTEXT)
  const rest = Math.max(0, end - CONTEXT)
  const removed = old.slice(start, old.length - end)
  const added = next.slice(start, next.length - end)
  return [
    `@@ -${first + 1},${old.length - rest - first} +${first + 1},${next.length - rest - first} @@`,
    ...old.slice(first, start).map((line) => ` ${line}`),
    ...shortened(removed).map((line) => `-${line}`),
    ...shortened(added).map((line) => `+${line}`),
    ...next.slice(next.length - end, next.length - rest).map((line) => ` ${line}`),
  ].join('\n')
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more lines`]
}
