// Finds the URLs in a style sheet: `url(…)` and the strings of `@import`.
// Invariant: comments and other strings are skipped; positions are indices into the given string.

export interface CssReference {
  readonly start: number
  readonly end: number
}

// One alternative each: a comment, url( with an optional quote, @import with a string, any other string.
const TOKEN = /\/\*|\burl\(\s*(["']?)|@import\s+(["'])|["']/gi

/** The ranges of all URLs, in order. Never throws. */
export function scanCss(css: string): readonly CssReference[] {
  const found: CssReference[] = []
  const token = new RegExp(TOKEN)
  for (let match = token.exec(css); match !== null; match = token.exec(css)) {
    const start = token.lastIndex
    const opening = match[0]
    if (opening === '/*') {
      const end = css.indexOf('*/', start)
      if (end === -1) break
      token.lastIndex = end + 2
      continue
    }
    const quote = match[2] ?? match[1] ?? opening
    const end = quote === '' ? endOfUnquoted(css, start) : endOfString(css, start, quote)
    if (match[1] !== undefined || match[2] !== undefined) found.push({ start, end })
    token.lastIndex = quote === '' ? end : end + 1
  }
  return found
}

function endOfUnquoted(css: string, from: number): number {
  const end = /[\s)"'(]/g
  end.lastIndex = from
  return end.exec(css)?.index ?? css.length
}

function endOfString(css: string, from: number, quote: string): number {
  const end = quote === '"' ? /\\[\s\S]|["\n]/g : /\\[\s\S]|['\n]/g
  end.lastIndex = from
  for (let match = end.exec(css); match !== null; match = end.exec(css)) {
    if (!match[0].startsWith('\\')) return match.index
  }
  return css.length
}
