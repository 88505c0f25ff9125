// Decides which root-absolute URLs ("/assets/app.js") refer to the package, and makes them relative.
// Invariant: only the leading "/" of a URL changes, so that its quoting and encoding stay as the author wrote them.

export interface FrontendNames {
  /** Whether a root-absolute URL, as written, refers to an asset, the index page or the backend. */
  has(address: string): boolean
}

/** `assets`: paths below the frontend root, index page included. */
export function frontendNames(assets: ReadonlySet<string>, backend: boolean): FrontendNames {
  return {
    has(address) {
      if (!address.startsWith('/') || address.startsWith('//')) return false
      const path = decode(address.slice(1).replace(/[?#].*$/s, ''))
      if (path === undefined) return false
      if (assets.has(path)) return true
      if (path === '' || path.endsWith('/')) return assets.has(`${path}index.html`)
      return backend && path.startsWith('api/')
    },
  }
}

/** Replacement for the leading "/" in a file at `path`: "./", "../", "../../". */
export function rootFrom(path: string): string {
  const depth = path.split('/').length - 1
  return depth === 0 ? './' : '../'.repeat(depth)
}

/** Applies replacements to a text: ranges with their new text, in order. */
export function splice(
  text: string,
  cuts: readonly { readonly at: number; readonly text: string }[],
): string {
  let result = ''
  let from = 0
  for (const cut of cuts) {
    result += text.slice(from, cut.at) + cut.text
    // One character goes: the leading slash.
    from = cut.at + 1
  }
  return result + text.slice(from)
}

/** `address` holds one character per byte: HTML and CSS are scanned as bytes, so that decoding loses nothing. */
function decode(address: string): string | undefined {
  try {
    return decodeURIComponent(
      Buffer.from(address.replaceAll('&amp;', '&'), 'latin1').toString('utf8'),
    ).normalize('NFC')
  } catch {
    // An invalid "%" cannot name a file.
    return undefined
  }
}
