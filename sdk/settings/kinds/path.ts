// A path of files, as text: nothing here looks at a disk. Empty is allowed.
// Invariant: the normal form has single slashes, no "." segments, and no slash at the end.

const LONGEST = 4096

export function isPath(value: unknown): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a path must not hold
  return typeof value === 'string' && value.length <= LONGEST && !/[\u0000-\u001f\u007f]/.test(value)
}

/** "a//b/./c/" becomes "a/b/c"; ".." leaves the segment before it. */
export function tidyPath(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > LONGEST) return value
  const text = value.trim()
  if (text === '') return ''
  const isAbsolute = text.startsWith('/')
  const kept: string[] = []
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue
    const before = kept.at(-1)
    if (segment !== '..') kept.push(segment)
    else if (before !== undefined && before !== '..') kept.pop()
    else if (!isAbsolute) kept.push(segment)
  }
  const tidy = `${isAbsolute ? '/' : ''}${kept.join('/')}`
  return tidy === '' ? '.' : tidy
}
