// A script of a given size that compresses like real ones do: many words, some of them often.

/** The same text for the same number of bytes. */
export function scriptOf(bytes: number): string {
  const lines: string[] = []
  let size = 0
  let seed = 1
  const next = (limit: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * limit)
  }
  while (size < bytes) {
    const line = `function f${next(9999)}(a${next(99)}, b) { return a${next(99)}.item${next(500)} + "${next(1e9).toString(36)}" }\n`
    lines.push(line)
    size += line.length
  }
  return lines.join('').slice(0, bytes)
}
